window.YTD.direct_message_headers.part0 = [
  {
    "dmConversation": {
      "conversationId": "1-2",
      "messages": [
        {
          "messageCreate": {
            "id": "8604",
            "senderId": "2",
            "recipientId": "1",
            "createdAt": "2026-01-05T12:22:04.500Z"
          }
        },
        {
          "messageCreate": {
            "id": "8599",
            "senderId": "2",
            "recipientId": "1",
            "createdAt": "2026-01-05T12:00:00.000Z"
          }
        }
      ]
    }
  }
]