from azure.identity import ManagedIdentityCredential

def list_orders(fetch_orders, retries=3):
    credential = ManagedIdentityCredential(retry_total=retries)
    token = credential.get_token("api://orders/.default").token
    return fetch_orders(token)
