package orders

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

const image = "landfast-emulator:0.1.0"

// startIdentity leads this process to an emulator until the test ends.
func startIdentity(t *testing.T) testcontainers.Container {
	secret := rand.Text()
	identity, err := testcontainers.Run(t.Context(), image,
		testcontainers.WithEnv(map[string]string{"LANDFAST_IDENTITY_HEADER": secret}),
		testcontainers.WithCmd("--role", "api://orders=Orders.Read"),
		testcontainers.WithExposedPorts("40342/tcp"),
		testcontainers.WithWaitStrategy(wait.ForLog("style answers at")))
	testcontainers.CleanupContainer(t, identity)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := identity.PortEndpoint(t.Context(), "40342/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("IDENTITY_ENDPOINT", endpoint+"/msi/token")
	t.Setenv("IDENTITY_HEADER", secret)
	return identity
}

func TestTheApplicationGetsATokenAlthoughTheServiceIsBusyAtFirst(t *testing.T) {
	identity := startIdentity(t)
	code, _, err := identity.Exec(t.Context(), []string{"/usr/bin/landfast", "fault", "429,retry-after=1"})
	if err != nil || code != 0 {
		t.Fatal(code, err)
	}
	credential, err := azidentity.NewManagedIdentityCredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"api://orders/.default"}})
	if err != nil || token.Token == "" {
		t.Fatal(err)
	}
}
