/** What a tool keeps, and where it sends the person. Both generations of the SDK ask for these methods. */
export class ToolMemory {
  authorizationUrl: URL | undefined;
  information: unknown;
  kept: { access_token: string; refresh_token?: string } | undefined;
  private discovered: unknown;
  private verifier = '';
  private issued = '';

  constructor(
    readonly redirectUrl: string,
    /** The URL of a document of its own, when it publishes itself. */
    readonly clientMetadataUrl?: string,
  ) {}

  get clientMetadata() {
    return {
      client_name: 'Test Tool',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }
  state = () => (this.issued = crypto.randomUUID());
  clientInformation = () => this.information as never;
  saveClientInformation = (information: unknown) => void (this.information = information);
  tokens = () => this.kept as never;
  saveTokens = (tokens: unknown) => void (this.kept = tokens as never);
  redirectToAuthorization = (url: URL) => void (this.authorizationUrl = url);
  saveCodeVerifier = (verifier: string) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  saveDiscoveryState = (state: unknown) => void (this.discovered = state);
  discoveryState = () => this.discovered as never;
  isOurs = (answer: URLSearchParams) => answer.get('state') === this.issued;
  invalidateCredentials = (what: string) => {
    if (what === 'all' || what === 'tokens') this.kept = undefined;
    if (what === 'all' || what === 'client') this.information = undefined;
  };
}
