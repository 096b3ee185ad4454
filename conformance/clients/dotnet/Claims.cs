using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Landfast.Conformance
{
    /// <summary>What a token says of itself; it is not verified.</summary>
    static class Claims
    {
        /// <summary>The claims that a case may compare.</summary>
        static readonly string[] Names = { "aud", "oid", "appid", "xms_mirid" };

        /// <summary>The claims in a token, or null if it is no JWT.</summary>
        public static Dictionary<string, string> Of(string token)
        {
            var parts = token.Split('.');
            if (parts.Length != 3) return null;
            try
            {
                return Picked(Json.Parse(Decode(parts[1])));
            }
            catch (Exception failure) when (failure is FormatException || failure is JsonException)
            {
                return null;
            }
        }

        static Dictionary<string, string> Picked(Dictionary<string, JsonElement> all)
        {
            var claims = new Dictionary<string, string>();
            foreach (var name in Names)
            {
                JsonElement value;
                claims[name] = all.TryGetValue(name, out value) ? value.ToString() : null;
            }
            return claims;
        }

        static string Decode(string base64url)
        {
            var text = base64url.Replace('-', '+').Replace('_', '/');
            var padded = text.PadRight(text.Length + (4 - text.Length % 4) % 4, '=');
            return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(padded));
        }
    }
}
