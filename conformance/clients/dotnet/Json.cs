using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Landfast.Conformance
{
    /// <summary>
    /// The members of a JSON object by their names. Asked for by name, JsonElement wants a span, which this compiler does
    /// not know.
    /// </summary>
    static class Json
    {
        public static Dictionary<string, JsonElement> Parse(string text)
        {
            return MembersOf(JsonDocument.Parse(text).RootElement);
        }

        public static Dictionary<string, JsonElement> MembersOf(JsonElement element)
        {
            return element.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        }
    }
}
