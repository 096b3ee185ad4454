package landfast.conformance;

import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a token says of itself; it is not verified. */
final class Claims {
  /** The claims that a case may compare. */
  private static final List<String> NAMES = List.of("aud", "oid", "appid", "xms_mirid");

  /** The claims in a token, or null if it is no JWT. */
  static Map<String, Object> of(String token) {
    String[] parts = token.split("\\.");
    if (parts.length != 3) {
      return null;
    }
    try (JsonReader reader = JsonProviders.createReader(Base64.getUrlDecoder().decode(parts[1]))) {
      Map<?, ?> all = (Map<?, ?>) reader.readUntyped();
      Map<String, Object> claims = new LinkedHashMap<>();
      NAMES.forEach(name -> claims.put(name, all.get(name)));
      return claims;
    } catch (IOException | IllegalArgumentException failure) {
      return null;
    }
  }
}
