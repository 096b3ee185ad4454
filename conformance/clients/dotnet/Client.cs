using System;
using System.Reflection;

namespace Landfast.Conformance
{
    /// <summary>What a client gave for one call.</summary>
    sealed class Granted
    {
        public string Token;
        public DateTimeOffset ExpiresOn;
    }

    /// <summary>A client: how it is made for a case, and the version of its library.</summary>
    sealed class Client
    {
        /// <summary>Makes the client; what it returns asks once, and each time of the same client.</summary>
        public Func<Case, Func<Granted>> Create;

        /// <summary>A type of the client's library.</summary>
        public Type Known;

        /// <summary>Without the commit that it was built of.</summary>
        public string Version
        {
            get
            {
                var told = Known.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
                return told.InformationalVersion.Split('+')[0];
            }
        }

        public static Client Named(string name)
        {
            switch (name)
            {
                case "azure-identity-dotnet":
                    return new Client { Create = AzureIdentity.Create, Known = AzureIdentity.Known };
                case "msal-dotnet":
                    return new Client { Create = Msal.Create, Known = Msal.Known };
                default:
                    throw new ArgumentException("there is no client " + name);
            }
        }
    }
}
