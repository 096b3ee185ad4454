// Signs in where the metadata of a cloud says, as Terraform does with "metadata_host", and reads the subscriptions. Prints
// what it made of the answers, as JSON.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"

	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
)

type administrator struct {
	URL          string `json:"url"`
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

func main() {
	ctx := context.Background()
	var who administrator
	must(json.Unmarshal(must1(os.ReadFile(os.Args[1])), &who))
	cloud := must1(environments.FromEndpoint(ctx, who.URL))
	authorizer := must1(auth.NewAuthorizerFromCredentials(ctx, auth.Credentials{
		Environment:                           *cloud,
		TenantID:                              who.TenantID,
		ClientID:                              who.ClientID,
		ClientSecret:                          who.ClientSecret,
		EnableAuthenticatingUsingClientSecret: true,
	}, cloud.ResourceManager))
	endpoint, _ := cloud.ResourceManager.Endpoint()
	request := must1(http.NewRequest("GET", *endpoint+"/subscriptions?api-version=2022-12-01", nil))
	must1(authorizer.Token(ctx, request)).SetAuthHeader(request)
	var list struct {
		Value []struct {
			DisplayName string `json:"displayName"`
		} `json:"value"`
	}
	response := must1(http.DefaultClient.Do(request))
	must(json.NewDecoder(response.Body).Decode(&list))
	storage, _ := cloud.Storage.DomainSuffix()
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"name":          cloud.Name,
		"endpoint":      *endpoint,
		"storage":       *storage,
		"subscriptions": list.Value,
	}))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func must1[T any](value T, err error) T {
	must(err)
	return value
}
