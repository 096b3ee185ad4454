// Verifies tokens as Vault and Kubernetes do, with their own code.
//
// Standard input: {"issuer", "ca", "audience", "subject", "kubernetes": the AuthenticationConfiguration, "tokens": {name: token}}.
// Standard output: {"vault": {name: verdict}, "kubernetes": {name: verdict}}; a verdict is whose token it is, or "refused: WHY".
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	jwtauth "github.com/hashicorp/vault-plugin-auth-jwt"
	"github.com/hashicorp/vault/sdk/logical"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

type question struct {
	Issuer     string
	CA         string
	Audience   string
	Subject    string
	Kubernetes string
	Tokens     map[string]string
}

type verdicts map[string]string

func main() {
	log.SetFlags(0)
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer := map[string]verdicts{"vault": askVault(ctx, asked), "kubernetes": askKubernetes(ctx, asked)}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		log.Fatal(err)
	}
}

// The JWT auth method, in a Vault that consists of nothing else.
func askVault(ctx context.Context, asked question) verdicts {
	storage := &logical.InmemStorage{}
	backend, err := jwtauth.Factory(ctx, &logical.BackendConfig{
		Logger:      hclog.NewNullLogger(),
		System:      &logical.StaticSystemView{DefaultLeaseTTLVal: time.Hour, MaxLeaseTTLVal: time.Hour},
		StorageView: storage,
	})
	if err != nil {
		log.Fatal(err)
	}
	send := func(operation logical.Operation, path string, data map[string]any) (*logical.Response, error) {
		request := &logical.Request{Operation: operation, Path: path, Storage: storage, Data: data}
		response, err := backend.HandleRequest(ctx, request)
		if err == nil && response != nil && response.IsError() {
			err = response.Error()
		}
		return response, err
	}
	settings := map[string]any{"oidc_discovery_url": asked.Issuer, "oidc_discovery_ca_pem": asked.CA, "bound_issuer": asked.Issuer}
	if _, err := send(logical.UpdateOperation, "config", settings); err != nil {
		log.Fatalf("vault config: %v", err)
	}
	role := map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{asked.Audience},
		"bound_subject": asked.Subject, "token_policies": []string{"shop"},
	}
	if _, err := send(logical.CreateOperation, "role/shop", role); err != nil {
		log.Fatalf("vault role: %v", err)
	}
	found := verdicts{}
	for name, token := range asked.Tokens {
		response, err := send(logical.UpdateOperation, "login", map[string]any{"role": "shop", "jwt": token})
		if err != nil {
			found[name] = "refused: " + err.Error()
		} else {
			found[name] = response.Auth.Alias.Name
		}
	}
	return found
}

// The API server's authenticator, by the file that the API server reads.
func askKubernetes(ctx context.Context, asked question) verdicts {
	authenticate := newAuthenticator(ctx, asked.Kubernetes)
	found := verdicts{}
	for name, token := range asked.Tokens {
		response, ok, err := authenticate.AuthenticateToken(ctx, token)
		switch {
		case err != nil:
			found[name] = "refused: " + err.Error()
		case !ok:
			found[name] = "refused: of no issuer that is known"
		default:
			found[name] = response.User.GetName()
		}
	}
	return found
}

func newAuthenticator(ctx context.Context, file string) authenticator.Token {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	decoded, err := runtime.Decode(codecs.UniversalDecoder(), []byte(file))
	if err != nil {
		log.Fatalf("kubernetes: %v", err)
	}
	configuration := decoded.(*apiserver.AuthenticationConfiguration)
	compiler := authenticationcel.NewCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if errs := validation.ValidateAuthenticationConfiguration(compiler, configuration, nil); len(errs) > 0 {
		log.Fatalf("kubernetes: %v", errs.ToAggregate())
	}
	// As the API server makes it of the file.
	authority, err := dynamiccertificates.NewStaticCAContent("oidc-authenticator", []byte(configuration.JWT[0].Issuer.CertificateAuthority))
	if err != nil {
		log.Fatalf("kubernetes: %v", err)
	}
	made, err := oidc.New(ctx, oidc.Options{
		JWTAuthenticator:     configuration.JWT[0],
		CAContentProvider:    authority,
		SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
	})
	if err != nil {
		log.Fatalf("kubernetes: %v", err)
	}
	for made.HealthCheck() != nil {
		if ctx.Err() != nil {
			log.Fatalf("kubernetes: %v", made.HealthCheck())
		}
		time.Sleep(50 * time.Millisecond)
	}
	return made
}
