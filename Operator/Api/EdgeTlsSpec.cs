using System.ComponentModel;
using System.Text.Json.Serialization;
using Frontier.Operator.Crd;
using k8s.Models;

namespace Frontier.Operator.Api;

/// <summary>TLS towards edges.</summary>
[CelRule("!(has(self.enabled) && self.enabled) || has(self.certificateKeySecretRef)", "tls needs certificateKeySecretRef")]
[CelRule(
    "!(has(self.enabled) && self.enabled && has(self.mtls) && self.mtls) || has(self.caCertificateSecretRef)",
    "mtls needs caCertificateSecretRef")]
public sealed class EdgeTlsSpec
{
    /// <summary>Whether edges have to speak TLS.</summary>
    [JsonPropertyName("enabled"), DefaultValue(false), Description("Whether gateways serve TLS to edges.")]
    public bool Enabled { get; set; }

    /// <summary>Whether edges may go without.</summary>
    [JsonPropertyName("optional"), DefaultValue(false), Description("Whether edges may also connect without TLS, on the same port. Not together with mtls.")]
    public bool Optional { get; set; }

    /// <summary>Whether edges must show a certificate.</summary>
    [JsonPropertyName("mtls"), DefaultValue(false), Description("Whether edges must show a certificate that one of the authorities has signed.")]
    public bool Mtls { get; set; }

    /// <summary>The Secret with the gateways' certificate.</summary>
    [JsonPropertyName("certificateKeySecretRef"), Description("The Secret with tls.crt and tls.key, or tls.pem with both, in PEM.")]
    public V1LocalObjectReference? CertificateKeySecretRef { get; set; }

    /// <summary>The Secret with the authorities.</summary>
    [JsonPropertyName("caCertificateSecretRef"), Description("The Secret with ca.crt: the authorities that may sign edges' certificates.")]
    public V1LocalObjectReference? CaCertificateSecretRef { get; set; }
}
