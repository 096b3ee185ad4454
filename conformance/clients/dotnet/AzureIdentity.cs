using System;
using System.Threading;
using Azure.Core;
using Azure.Identity;

namespace Landfast.Conformance
{
    /// <summary>Azure.Identity: ManagedIdentityCredential, WorkloadIdentityCredential and DefaultAzureCredential.</summary>
    static class AzureIdentity
    {
        public static readonly Type Known = typeof(ManagedIdentityCredential);

        public static Func<Granted> Create(Case asked)
        {
            var credential = CredentialOf(asked);
            var request = new TokenRequestContext(new[] { asked.Resource + "/.default" });
            return () =>
            {
                var token = credential.GetToken(request, CancellationToken.None);
                return new Granted { Token = token.Token, ExpiresOn = token.ExpiresOn };
            };
        }

        static TokenCredential CredentialOf(Case asked)
        {
            switch (asked.Credential)
            {
                case "default": return Chain(asked.Selector);
                case "workload-identity": return WorkloadIdentity();
                default: return ManagedIdentities.Of(asked.Selector);
            }
        }

        /// <summary>A control plane of one's own is no instance that Microsoft's discovery knows.</summary>
        static TokenCredential WorkloadIdentity()
        {
            return new WorkloadIdentityCredential(
                new WorkloadIdentityCredentialOptions { DisableInstanceDiscovery = true });
        }

        static TokenCredential Chain(Selector selector)
        {
            var options = new DefaultAzureCredentialOptions { DisableInstanceDiscovery = true };
            if (selector != null) Select(options, selector);
            return new DefaultAzureCredential(options);
        }

        static void Select(DefaultAzureCredentialOptions options, Selector selector)
        {
            if (selector.By == "client_id") options.ManagedIdentityClientId = selector.Value;
            else if (selector.By == "resource_id")
                options.ManagedIdentityResourceId = new ResourceIdentifier(selector.Value);
            else throw new UnsupportedException("DefaultAzureCredential has no selector " + selector.By);
        }
    }
}
