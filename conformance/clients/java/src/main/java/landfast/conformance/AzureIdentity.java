package landfast.conformance;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;

/** azure-identity: ManagedIdentityCredential, WorkloadIdentityCredential and DefaultAzureCredential. */
final class AzureIdentity {
  static Asker create(Case asked) throws Program.Unsupported {
    TokenCredential credential = credentialOf(asked);
    TokenRequestContext request = new TokenRequestContext().addScopes(asked.resource() + "/.default");
    return () -> {
      AccessToken token = credential.getTokenSync(request);
      return new Granted(token.getToken(), token.getExpiresAt().toEpochSecond());
    };
  }

  private static TokenCredential credentialOf(Case asked) throws Program.Unsupported {
    if (asked.asksFor("default")) {
      return defaultCredential(asked);
    }
    return asked.asksFor("workload-identity") ? workloadIdentity() : managedIdentity(asked.selector());
  }

  /** A control plane of one's own is no instance that Microsoft's discovery knows. */
  private static TokenCredential workloadIdentity() {
    return new WorkloadIdentityCredentialBuilder().disableInstanceDiscovery().build();
  }

  private static TokenCredential defaultCredential(Case asked) throws Program.Unsupported {
    DefaultAzureCredentialBuilder builder = new DefaultAzureCredentialBuilder().disableInstanceDiscovery();
    Case.Selector selector = asked.selector();
    if (selector == null) {
      return builder.build();
    }
    return switch (selector.by()) {
      case "client_id" -> builder.managedIdentityClientId(selector.value()).build();
      case "resource_id" -> builder.managedIdentityResourceId(selector.value()).build();
      default -> throw new Program.Unsupported("DefaultAzureCredential has no selector " + selector.by());
    };
  }

  private static TokenCredential managedIdentity(Case.Selector selector) throws Program.Unsupported {
    ManagedIdentityCredentialBuilder builder = new ManagedIdentityCredentialBuilder();
    if (selector == null) {
      return builder.build();
    }
    return switch (selector.by()) {
      case "client_id" -> builder.clientId(selector.value()).build();
      case "object_id" -> ObjectIds.select(ManagedIdentityCredentialBuilder.class, builder, "objectId", selector.value()).build();
      case "resource_id" -> builder.resourceId(selector.value()).build();
      default -> throw new Program.Unsupported("azure-identity has no selector " + selector.by());
    };
  }
}
