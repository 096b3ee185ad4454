package main

import (
	"context"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/managedidentity"
)

func createMsal(asked testCase) (asker, error) {
	if asked.Credential != "managed-identity" {
		return nil, errUnsupported("MSAL has no credential " + asked.Credential)
	}
	id, err := msalID(asked.Selector)
	if err != nil {
		return nil, err
	}
	client, err := managedidentity.New(id)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (granted, error) {
		result, err := client.AcquireToken(ctx, asked.Resource)
		return granted{result.AccessToken, result.ExpiresOn}, err
	}, nil
}

func msalID(chosen *selector) (managedidentity.ID, error) {
	if chosen == nil {
		return managedidentity.SystemAssigned(), nil
	}
	switch chosen.By {
	case "client_id":
		return managedidentity.UserAssignedClientID(chosen.Value), nil
	case "object_id":
		return managedidentity.UserAssignedObjectID(chosen.Value), nil
	case "resource_id":
		return managedidentity.UserAssignedResourceID(chosen.Value), nil
	}
	return nil, errUnsupported("MSAL has no selector " + chosen.By)
}
