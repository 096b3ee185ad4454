using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text.Json;

namespace Landfast.Conformance
{
    /// <summary>The client has no option for what the case asks.</summary>
    sealed class UnsupportedException : Exception
    {
        public UnsupportedException(string reason) : base(reason) {}
    }

    /// <summary>
    /// Asks for a token as one case of the conformance suite says, with one of Microsoft's clients for .NET, and prints
    /// what came of it as one JSON line. The token itself is never printed.
    /// </summary>
    static class Program
    {
        static int Main(string[] arguments)
        {
            if (arguments.Length != 1)
            {
                Console.Error.WriteLine("usage: client CASE_JSON");
                return 2;
            }
            var asked = Case.Parse(arguments[0]);
            Console.WriteLine(JsonSerializer.Serialize(Run(Client.Named(asked.Client), asked)));
            return 0;
        }

        static Dictionary<string, object> Run(Client client, Case asked)
        {
            var outcome = new Dictionary<string, object>
            {
                { "client", asked.Client }, { "version", client.Version },
                { "claims", null }, { "expiresOn", null }, { "error", null },
            };
            var calls = 0;
            var watch = Stopwatch.StartNew();
            try
            {
                var last = CallAll(client, asked, ref calls);
                outcome["outcome"] = "token";
                outcome["claims"] = Claims.Of(last.Token);
                outcome["expiresOn"] = last.ExpiresOn.ToUnixTimeSeconds();
            }
            catch (Exception failure)
            {
                outcome["outcome"] = failure is UnsupportedException ? "unsupported" : "error";
                outcome["error"] = TextOf(failure);
            }
            outcome["calls"] = calls;
            outcome["seconds"] = watch.Elapsed.TotalSeconds;
            return outcome;
        }

        /// <summary>Makes the client once and calls it as often as the case says, up to the first failure.</summary>
        static Granted CallAll(Client client, Case asked, ref int calls)
        {
            var ask = client.Create(asked);
            Granted last = null;
            while (calls < asked.Calls)
            {
                calls += 1;
                last = ask();
            }
            return last;
        }

        /// <summary>What a log shows of an exception and of those inside it, but for where they were thrown.</summary>
        static string TextOf(Exception failure)
        {
            var lines = failure.ToString().Split('\n').Where(line => !IsOfStack(line.Trim()));
            return lines.Aggregate((above, below) => above + "\n" + below);
        }

        static bool IsOfStack(string line)
        {
            return line.StartsWith("at ") || line.StartsWith("--- End of ");
        }
    }
}
