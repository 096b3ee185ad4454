package orders

import (
	"context"
	"os"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// maxRetries is how often a request is repeated; -1 means never.
func maxRetries() int32 {
	if count, err := strconv.Atoi(os.Getenv("MAX_RETRIES")); err == nil {
		return int32(count)
	}
	return 3
}

var audience = "api://orders"

func ListOrders(ctx context.Context, fetch func(token string) ([]string, error)) ([]string, error) {
	options := azidentity.ManagedIdentityCredentialOptions{}
	options.ClientOptions = azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: maxRetries()}}
	credential, err := azidentity.NewManagedIdentityCredential(&options)
	if err != nil {
		return nil, err
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{audience + "/.default"}})
	if err != nil {
		return nil, err
	}
	return fetch(token.Token)
}
