using System.Text.Json;

namespace Landfast.Conformance
{
    /// <summary>What is asked for: by which client and credential, for which resource and identity, how often.</summary>
    sealed class Case
    {
        public string Client;
        public string Credential;
        public string Resource;
        public Selector Selector;
        public int Calls;

        public static Case Parse(string text)
        {
            var fields = Json.Parse(text);
            return new Case
            {
                Client = fields["client"].GetString(),
                Credential = fields["credential"].GetString(),
                Resource = fields["resource"].GetString(),
                Selector = Selector.Of(fields["selector"]),
                Calls = fields["calls"].GetInt32(),
            };
        }
    }

    /// <summary>Which identity is asked for, by which of its names.</summary>
    sealed class Selector
    {
        public string By;
        public string Value;

        public static Selector Of(JsonElement selector)
        {
            if (selector.ValueKind == JsonValueKind.Null) return null;
            var fields = Json.MembersOf(selector);
            return new Selector
            {
                By = fields["by"].GetString(),
                Value = fields["value"].GetString(),
            };
        }
    }
}
