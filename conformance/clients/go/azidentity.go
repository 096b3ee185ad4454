package main

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func createAzidentity(asked testCase) (asker, error) {
	credential, err := azidentityCredential(asked)
	if err != nil {
		return nil, err
	}
	options := policy.TokenRequestOptions{Scopes: []string{asked.Resource + "/.default"}}
	return func(ctx context.Context) (granted, error) {
		token, err := credential.GetToken(ctx, options)
		return granted{token.Token, token.ExpiresOn}, err
	}, nil
}

func azidentityCredential(asked testCase) (azcore.TokenCredential, error) {
	switch asked.Credential {
	case "default":
		return defaultCredential(asked)
	case "workload-identity":
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			DisableInstanceDiscovery: true,
		})
	}
	id, err := managedIdentityID(asked.Selector)
	if err != nil {
		return nil, err
	}
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: id})
}

// A control plane of one's own is no instance that Microsoft's discovery knows.
func defaultCredential(asked testCase) (azcore.TokenCredential, error) {
	if asked.Selector != nil {
		return nil, errUnsupported("DefaultAzureCredential takes a user-assigned identity from AZURE_CLIENT_ID alone")
	}
	return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		DisableInstanceDiscovery: true,
	})
}

func managedIdentityID(chosen *selector) (azidentity.ManagedIDKind, error) {
	if chosen == nil {
		return nil, nil
	}
	switch chosen.By {
	case "client_id":
		return azidentity.ClientID(chosen.Value), nil
	case "object_id":
		return objectID(chosen.Value)
	case "resource_id":
		return azidentity.ResourceID(chosen.Value), nil
	}
	return nil, errUnsupported("azidentity has no selector " + chosen.By)
}
