/** Everything that can be wrong with a deployment, seen from outside, and what mends it. */
export const FAULTS = {
  'name-unknown': 'Make a DNS record for the host, and wait until it is known here.',
  unreachable: 'Start the server or its proxy, and let the firewall pass this port.',
  'too-slow': 'Look at what answers: hosted tools give up after ten seconds.',
  'certificate-invalid':
    'Give the proxy a certificate for this host from an authority that tools trust, with its chain.',
  'not-https': 'Serve it by https: tools send tokens by http only to their own computer.',
  'not-public': 'Give it a public address: this tool runs at its maker’s and cannot reach this one.',
  'clock-wrong': 'Set the clock of the server by NTP: tokens are judged by it.',
  'not-found': 'Use the exact URL of the MCP endpoint (…/mcp), and let the proxy pass that path unchanged.',
  'host-refused': 'Let the proxy pass the original Host header, and set PUBLIC_URL to this very origin.',
  'blocked-before':
    'Something before the server answers for it: take its own log-in, bot check or error pages off these paths.',
  'server-failing': 'Look into the log of the server, and at GET /health/ready.',
  unprotected: 'Nothing asks for a token here: put the MCP endpoint of this server behind the URL.',
  'challenge-missing': 'Let the proxy pass the WWW-Authenticate header: tools find the way by it.',
  'challenge-malformed': 'Let the proxy pass the WWW-Authenticate header unchanged: one line, beginning with "Bearer".',
  'public-url-wrong': 'Set PUBLIC_URL to the origin that tools use, and start the server again.',
  'resource-metadata-missing': 'Let the proxy pass /.well-known/oauth-protected-resource and what is below it.',
  'resource-other':
    'Connect tools to the URL the metadata names as resource, or set PUBLIC_URL to the origin they use.',
  'server-metadata-missing':
    'Let the proxy pass /.well-known/oauth-authorization-server and what is below it, with its path.',
  'metadata-redirected': 'Answer the well-known addresses themselves: tools follow no redirect there.',
  'metadata-not-json': 'Let the proxy pass the metadata as it is: JSON, by its content type.',
  'issuer-other': 'Set PUBLIC_URL to the origin that tools use: the issuer must be what they asked for, to the letter.',
  'metadata-incomplete': 'Let this server answer the address: what came is not its metadata.',
  'unknown-well-known-failing':
    'Answer 404 in JSON for well-known addresses that are not there: tools give up at anything else.',
  'cors-refused': 'Let the proxy pass OPTIONS and the Access-Control headers of the server, and add none of its own.',
  'registration-refused': 'Let the proxy pass POST /mcp/oauth/register with its JSON body.',
  'registration-altered': 'Let the proxy pass the answer of the registration as it is.',
  'redirect-uri-refused': 'Allow the redirect URI of this tool: PRIVATE_USE_REDIRECT_URIS.',
  'page-missing': 'Let the proxy pass GET /mcp/oauth/authorize with its whole query, and what is below it.',
  'query-too-long': 'Let the proxy pass request lines of 16 kilobytes.',
  'cookie-lost': 'Let the proxy pass Set-Cookie unchanged, and use https in PUBLIC_URL if it terminates TLS.',
  'token-endpoint-altered':
    'Let the proxy pass POST /mcp/oauth/token with its form, and the JSON that answers it, uncached.',
  'keys-missing': 'Let the proxy pass /mcp/oauth/jwks.',
} as const;

export type Fault = keyof typeof FAULTS;
