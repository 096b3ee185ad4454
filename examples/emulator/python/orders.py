import os
from azure.identity import ManagedIdentityCredential

RETRIES = int(os.environ.get("MAX_RETRIES", 3))

def list_orders(fetch_orders):
    credential = ManagedIdentityCredential(retry_total=RETRIES)
    token = credential.get_token("api://orders/.default").token
    return fetch_orders(token)
