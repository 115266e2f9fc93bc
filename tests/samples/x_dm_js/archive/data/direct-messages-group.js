window.YTD.direct_messages_group.part0 = [
  {
    "dmConversation": {
      "conversationId": "860",
      "messages": [
        {
          "messageCreate": {
            "text": "pagi",
            "senderId": "3",
            "id": "8700",
            "createdAt": "2026-01-06T01:00:00.000Z",
            "mediaUrls": 5
          }
        },
        {
          "conversationNameUpdate": {
            "initiatingUserId": "3",
            "name": "Kelas",
            "createdAt": "2026-01-06T00:59:00.000Z"
          }
        },
        {
          "participantsJoin": {
            "initiatingUserId": "3",
            "userIds": [
              "1",
              "2"
            ],
            "createdAt": "2026-01-06T00:58:00.000Z"
          }
        },
        {
          "entahApa": "teks"
        }
      ]
    }
  }
]