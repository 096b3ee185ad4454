import org.apache.hadoop.fs.azurebfs.oauth2.MsiTokenProvider;

/** Prints a token of the provider that a cluster names as "fs.azure.account.oauth.provider.type"; or Hadoop's version. */
class AccessToken {
  /** Where it asks unless "fs.azure.account.oauth2.msi.endpoint" says otherwise. */
  private static final String ENDPOINT = "http://169.254.169.254/metadata/identity/oauth2/token";

  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("version")) {
      System.out.println(MsiTokenProvider.class.getProtectionDomain().getCodeSource().getLocation());
      return;
    }
    String clientId = args.length > 0 ? args[0] : null;
    String authority = "https://login.microsoftonline.com/";
    System.out.println(new MsiTokenProvider(ENDPOINT, null, clientId, authority).getToken().getAccessToken());
  }
}
