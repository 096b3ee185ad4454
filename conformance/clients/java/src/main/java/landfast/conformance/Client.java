package landfast.conformance;

import java.util.Map;

/** How a client is made for a case, and the artifact that it is published as. */
record Client(String artifact, Maker maker) {
  interface Maker {
    Asker create(Case asked) throws Exception;
  }

  private static final Map<String, Client> CLIENTS =
      Map.of(
          "azure-identity-java", new Client("com.azure:azure-identity", AzureIdentity::create),
          "msal4j", new Client("com.microsoft.azure:msal4j", Msal::create));

  static Client named(String name) {
    Client client = CLIENTS.get(name);
    if (client == null) {
      throw new IllegalArgumentException("there is no client " + name);
    }
    return client;
  }

  Asker create(Case asked) throws Exception {
    return maker.create(asked);
  }
}
