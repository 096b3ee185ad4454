package orders

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

const retries = 3

func ListOrders(ctx context.Context, fetch func(token string) ([]string, error)) ([]string, error) {
	options := azidentity.ManagedIdentityCredentialOptions{}
	options.ClientOptions = azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: retries}}
	credential, err := azidentity.NewManagedIdentityCredential(&options)
	if err != nil {
		return nil, err
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"api://orders/.default"}})
	if err != nil {
		return nil, err
	}
	return fetch(token.Token)
}
