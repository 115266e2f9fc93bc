window.YTD.account.part0 = [
  {
    "account": {
      "accountId": "1",
      "username": "ayu86",
      "accountDisplayName": "Ayu"
    }
  }
]