package landfast.conformance;

import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import java.io.IOException;
import java.util.Map;

/** What is asked for: by which client and credential, for which resource and identity, how often. */
record Case(String client, String credential, String resource, Selector selector, int calls) {
  record Selector(String by, String value) {}

  static Case parse(String text) throws IOException {
    try (JsonReader reader = JsonProviders.createReader(text)) {
      Map<?, ?> fields = (Map<?, ?>) reader.readUntyped();
      return new Case(
          (String) fields.get("client"),
          (String) fields.get("credential"),
          (String) fields.get("resource"),
          selectorOf((Map<?, ?>) fields.get("selector")),
          ((Number) fields.get("calls")).intValue());
    }
  }

  boolean asksFor(String credential) {
    return this.credential.equals(credential);
  }

  private static Selector selectorOf(Map<?, ?> fields) {
    return fields == null ? null : new Selector((String) fields.get("by"), (String) fields.get("value"));
  }
}
