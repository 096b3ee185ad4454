using Azure.Core;
using Azure.Identity;

namespace Landfast.Conformance
{
    /// <summary>ManagedIdentityCredential for the identity that a case asks for.</summary>
    static class ManagedIdentities
    {
        public static TokenCredential Of(Selector selector)
        {
            return new ManagedIdentityCredential(IdOf(selector));
        }

        static ManagedIdentityId IdOf(Selector selector)
        {
            if (selector == null) return ManagedIdentityId.SystemAssigned;
            switch (selector.By)
            {
                case "client_id": return ManagedIdentityId.FromUserAssignedClientId(selector.Value);
                case "object_id": return ManagedIdentityId.FromUserAssignedObjectId(selector.Value);
                default:
                    return ManagedIdentityId.FromUserAssignedResourceId(new ResourceIdentifier(selector.Value));
            }
        }
    }
}
