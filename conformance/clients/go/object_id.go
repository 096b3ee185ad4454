//go:build !older

package main

import "github.com/Azure/azure-sdk-for-go/sdk/azidentity"

func objectID(value string) (azidentity.ManagedIDKind, error) {
	return azidentity.ObjectID(value), nil
}
