import com.microsoft.aad.msal4j.ClientCredentialFactory;
import com.microsoft.aad.msal4j.ClientCredentialParameters;
import com.microsoft.aad.msal4j.ConfidentialClientApplication;
import com.microsoft.aad.msal4j.IClientCredential;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * msal4j at an authority of Entra's kind: by certificate twice, then by the assertion of another issuer. Prints what it
 * got as one JSON line: the claims of the tokens, or the message of an error; never a token.
 *
 * <p>Usage: java Msal AUTHORITY CLIENT_ID SCOPE KEY_FILE CERTIFICATE_FILE ASSERTION_FILE CA_FILE
 */
final class Msal {
  private final String authority;
  private final String clientId;
  private final String scope;
  private final SSLSocketFactory sockets;

  private Msal(String authority, String clientId, String scope, SSLSocketFactory sockets) {
    this.authority = authority;
    this.clientId = clientId;
    this.scope = scope;
    this.sockets = sockets;
  }

  public static void main(String[] args) throws Exception {
    Msal msal = new Msal(args[0], args[1], args[2], socketsOf(certificateIn(args[6])));
    IClientCredential certificate =
        ClientCredentialFactory.createFromCertificate(keyIn(args[3]), certificateIn(args[4]));
    IClientCredential assertion = ClientCredentialFactory.createFromClientAssertion(textOf(args[5]));
    System.out.println(
        "{\"certificate\":" + msal.ask(certificate) + ",\"assertion\":" + msal.ask(assertion) + "}");
    // The HTTP client's threads would keep the process for a while.
    System.exit(0);
  }

  private String ask(IClientCredential credential) throws Exception {
    ConfidentialClientApplication application =
        ConfidentialClientApplication.builder(clientId, credential)
            .authority(authority)
            .instanceDiscovery(false)
            .sslSocketFactory(sockets)
            .build();
    ClientCredentialParameters parameters = ClientCredentialParameters.builder(Set.of(scope)).build();
    Set<String> tokens = new HashSet<>();
    try {
      for (int call = 0; call < 2; call++) {
        tokens.add(application.acquireToken(parameters).get().accessToken());
      }
    } catch (Exception failure) {
      return "{\"error\":" + quoted(String.valueOf(failure.getMessage())) + "}";
    }
    String payload = tokens.iterator().next().split("\\.")[1];
    String claims = new String(Base64.getUrlDecoder().decode(payload), StandardCharsets.UTF_8);
    return "{\"claims\":" + claims + ",\"tokens\":" + tokens.size() + "}";
  }

  private static String quoted(String text) {
    return '"' + text.replaceAll("[\"\\\\\\p{Cntrl}]", " ") + '"';
  }

  private static String textOf(String file) throws Exception {
    return Files.readString(Path.of(file));
  }

  private static PrivateKey keyIn(String file) throws Exception {
    String base64 = textOf(file).replaceAll("-----[A-Z ]+-----|\\s", "");
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
    return KeyFactory.getInstance("RSA").generatePrivate(spec);
  }

  private static X509Certificate certificateIn(String file) throws Exception {
    byte[] pem = textOf(file).getBytes(StandardCharsets.US_ASCII);
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(pem));
  }

  private static SSLSocketFactory socketsOf(X509Certificate ca) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", ca);
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
