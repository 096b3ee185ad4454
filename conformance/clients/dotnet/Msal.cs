using System;
using Microsoft.Identity.Client;
using Microsoft.Identity.Client.AppConfig;

namespace Landfast.Conformance
{
    /// <summary>MSAL.NET: ManagedIdentityApplication.</summary>
    static class Msal
    {
        public static readonly Type Known = typeof(ManagedIdentityApplicationBuilder);

        public static Func<Granted> Create(Case asked)
        {
            if (asked.Credential != "managed-identity")
            {
                throw new UnsupportedException("ManagedIdentityApplication is no " + asked.Credential);
            }
            var application = ManagedIdentityApplicationBuilder.Create(IdOf(asked.Selector)).Build();
            return () =>
            {
                var request = application.AcquireTokenForManagedIdentity(asked.Resource);
                var result = request.ExecuteAsync().GetAwaiter().GetResult();
                return new Granted { Token = result.AccessToken, ExpiresOn = result.ExpiresOn };
            };
        }

        static ManagedIdentityId IdOf(Selector selector)
        {
            if (selector == null) return ManagedIdentityId.SystemAssigned;
            switch (selector.By)
            {
                case "client_id": return ManagedIdentityId.WithUserAssignedClientId(selector.Value);
                case "object_id": return ManagedIdentityId.WithUserAssignedObjectId(selector.Value);
                default: return ManagedIdentityId.WithUserAssignedResourceId(selector.Value);
            }
        }
    }
}
