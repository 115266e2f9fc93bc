window.YTD.direct_messages.part0 = [
  {
    "dmConversation": {
      "conversationId": "1-2",
      "messages": [
        {
          "messageCreate": {
            "recipientId": "1",
            "reactions": [],
            "urls": [
              {
                "url": "https://t.co/86",
                "expanded": "https://contoh.example/panjang",
                "display": "contoh.example/panj…"
              }
            ],
            "text": "lihat https://t.co/86",
            "mediaUrls": [],
            "senderId": "2",
            "id": "8604",
            "createdAt": "2026-01-05T12:22:04.500Z"
          }
        },
        {
          "messageCreate": {
            "recipientId": "1",
            "reactions": [],
            "urls": [],
            "text": "",
            "mediaUrls": [
              "https://ton.example.com/dm/8603/1/warung.jpg"
            ],
            "senderId": "2",
            "id": "8603",
            "createdAt": "2026-01-05T12:22:03.500Z"
          }
        },
        {
          "messageCreate": {
            "recipientId": "2",
            "reactions": [
              {
                "senderId": "2",
                "reactionKey": "like",
                "eventId": "9",
                "createdAt": "2026-01-05T12:30:00.000Z"
              }
            ],
            "urls": [],
            "text": "siapa?",
            "mediaUrls": [],
            "senderId": "1",
            "id": "8602",
            "createdAt": "2026-01-05T12:22:02.500Z"
          }
        },
        {
          "messageCreate": {
            "recipientId": "1",
            "reactions": [],
            "urls": [],
            "text": "halo",
            "mediaUrls": [],
            "senderId": "2",
            "id": "8601",
            "createdAt": "2026-01-05T12:22:01.500Z",
            "editHistory": [
              {
                "note": "kata dulu"
              }
            ]
          }
        }
      ]
    }
  }
]