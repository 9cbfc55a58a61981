var siteInfo = { 'siteGuid': '7eb5f7f1-0000-4000-8000-000000000001', 'projectName': '/EWB_MID' };
