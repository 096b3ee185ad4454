package landfast.conformance;

import com.microsoft.aad.msal4j.IAuthenticationResult;
import com.microsoft.aad.msal4j.ManagedIdentityApplication;
import com.microsoft.aad.msal4j.ManagedIdentityId;
import com.microsoft.aad.msal4j.ManagedIdentityParameters;
import java.util.concurrent.ExecutionException;

/** msal4j: ManagedIdentityApplication. */
final class Msal {
  static Asker create(Case asked) throws Exception {
    if (!asked.asksFor("managed-identity")) {
      throw new Program.Unsupported("MSAL has no credential " + asked.credential());
    }
    ManagedIdentityApplication application = ManagedIdentityApplication.builder(idOf(asked.selector())).build();
    ManagedIdentityParameters parameters = ManagedIdentityParameters.builder(asked.resource()).build();
    return () -> {
      IAuthenticationResult result = acquire(application, parameters);
      return new Granted(result.accessToken(), result.expiresOnDate().getTime() / 1000);
    };
  }

  private static IAuthenticationResult acquire(
      ManagedIdentityApplication application, ManagedIdentityParameters parameters) throws Exception {
    try {
      return application.acquireTokenForManagedIdentity(parameters).get();
    } catch (ExecutionException failure) {
      throw failure.getCause() instanceof Exception cause ? cause : failure;
    }
  }

  private static ManagedIdentityId idOf(Case.Selector selector) throws Program.Unsupported {
    if (selector == null) {
      return ManagedIdentityId.systemAssigned();
    }
    return switch (selector.by()) {
      case "client_id" -> ManagedIdentityId.userAssignedClientId(selector.value());
      case "object_id" -> ObjectIds.select(ManagedIdentityId.class, null, "userAssignedObjectId", selector.value());
      case "resource_id" -> ManagedIdentityId.userAssignedResourceId(selector.value());
      default -> throw new Program.Unsupported("MSAL has no selector " + selector.by());
    };
  }
}
