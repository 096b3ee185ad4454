import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ManagedIdentityCredentialBuilder;

/** An application, which knows nothing of the emulator. */
public class Orders {
  public static void main(String[] args) {
    TokenRequestContext request = new TokenRequestContext().addScopes("api://orders/.default");
    String token = new ManagedIdentityCredentialBuilder().build().getTokenSync(request).getToken();
    System.out.println("a token of " + token.length() + " characters");
  }
}
