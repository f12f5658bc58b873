import { resolve } from 'node:path';
import { PATHS } from './paths.js';
import { ConfigurationError, type Environment, readEnvironment } from './environment.js';

/**
 * What this server runs with: made once from the environment, frozen, injected by its own type. Durations are in
 * seconds.
 */
export class Config {
  /** The variables that were given; of the others, the default is in force. */
  readonly given: readonly (keyof Environment)[];
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** `PUBLIC_URL`: scheme, host and port, no trailing slash. Never taken from a request. */
  readonly origin: string;
  /** The same string in metadata, `iss` and JWT (RFC 8414 §2, RFC 9207). */
  readonly issuer: string;
  /** This server's own protected resource (RFC 8707), by its canonical URI. */
  readonly resource: string;
  /** Cookies carry `Secure` and the `__Host-` prefix. */
  readonly secureCookies: boolean;
  /** PostgreSQL; the embedded database when absent. */
  readonly databaseUrl?: string;
  readonly databasePool: number;
  readonly dataDir: string;
  readonly migrate: boolean;
  /** First = current, rest = still accepted. Absent in development: `sealing` then keeps one beside the data. */
  readonly secrets?: readonly string[];
  readonly accessTokenLifetime: number;
  readonly refreshTokenLifetime: number;
  readonly authorizationCodeLifetime: number;
  /** How long the previous refresh token is answered with the same successor; 0 = never. */
  readonly refreshGrace: number;
  readonly sessionIdleLifetime: number;
  readonly sessionLifetime: number;
  readonly signingKeyLifetime: number;
  /** How long a connection is kept once it has ended. */
  readonly endedConnectionRetention: number;
  readonly rateLimits: 'memory' | 'postgres' | 'off';
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Private-use schemes, or single URIs of one, that have no dot and are accepted all the same (RFC 8252 §7.1). */
  readonly privateUseRedirectUris: readonly string[];
  /** Web origins, besides this server's own and loopback ones, whose pages may use the MCP endpoint. */
  readonly mcpOrigins: readonly string[];
  /** Whether clients may be known by the URL of their metadata document, which is then fetched. */
  readonly cimd: boolean;
  /** Hosts (with port) whose documents may be fetched although they are not public: for development. */
  readonly cimdPrivateHosts: readonly string[];
  /** Who can make an account: anybody with an e-mail address, whoever is invited, nobody. */
  readonly signUp: 'open' | 'invitation' | 'off';
  /** Where mails are handed in, with the credentials for it; absent = they are in the log. */
  readonly smtpUrl?: string;
  readonly mailFrom?: string;
  /** What Prometheus presents to read `/metrics`; absent = there is none. */
  readonly metricsToken?: string;
  readonly bootstrap?: { readonly email: string; readonly password: string; readonly organization: string };

  private constructor(env: Environment) {
    this.given = (Object.keys(env) as (keyof Environment)[]).filter((name) => env[name] !== undefined);
    this.production = env.NODE_ENV === 'production';
    this.port = env.PORT ?? 3000;
    this.host = env.HOST ?? (this.production ? '0.0.0.0' : 'localhost');
    this.origin = new URL(env.PUBLIC_URL ?? `http://localhost:${this.port}`).origin;
    this.issuer = this.origin + PATHS.mcp;
    this.resource = this.origin + PATHS.mcp;
    this.secureCookies = this.origin.startsWith('https:');
    this.databaseUrl = env.DATABASE_URL;
    this.databasePool = env.DATABASE_POOL ?? 20;
    this.dataDir = resolve(env.DATA_DIR ?? 'data');
    this.migrate = env.MIGRATE ?? true;
    this.secrets = env.SECRETS;
    this.accessTokenLifetime = env.ACCESS_TOKEN_LIFETIME ?? 3600;
    this.refreshTokenLifetime = env.REFRESH_TOKEN_LIFETIME ?? 30 * 86_400;
    this.authorizationCodeLifetime = env.AUTHORIZATION_CODE_LIFETIME ?? 600;
    this.refreshGrace = env.REFRESH_GRACE ?? 120;
    this.sessionIdleLifetime = env.SESSION_IDLE_LIFETIME ?? 12 * 3600;
    this.sessionLifetime = env.SESSION_LIFETIME ?? 7 * 86_400;
    this.signingKeyLifetime = env.SIGNING_KEY_LIFETIME ?? 90 * 86_400;
    this.endedConnectionRetention = env.ENDED_CONNECTION_RETENTION ?? 90 * 86_400;
    this.rateLimits = env.RATE_LIMITS ?? 'memory';
    this.trustedProxies = env.TRUSTED_PROXIES ?? [];
    this.privateUseRedirectUris = env.PRIVATE_USE_REDIRECT_URIS ?? ['cursor://anysphere.cursor-mcp/oauth/callback'];
    this.mcpOrigins = env.MCP_ORIGINS ?? [];
    this.cimd = (env.CIMD ?? 'on') === 'on';
    this.cimdPrivateHosts = env.CIMD_PRIVATE_HOSTS ?? [];
    this.signUp = env.SIGN_UP ?? 'invitation';
    this.smtpUrl = env.SMTP_URL;
    this.mailFrom = env.MAIL_FROM;
    this.metricsToken = env.METRICS_TOKEN;
    if (env.BOOTSTRAP_EMAIL && env.BOOTSTRAP_PASSWORD && env.BOOTSTRAP_ORGANIZATION) {
      this.bootstrap = {
        email: env.BOOTSTRAP_EMAIL,
        password: env.BOOTSTRAP_PASSWORD,
        organization: env.BOOTSTRAP_ORGANIZATION,
      };
    }
    Object.freeze(this);
  }

  /** Throws `ConfigurationError` naming every wrong variable. */
  static from(variables: NodeJS.ProcessEnv): Config {
    const { environment, faults } = readEnvironment(variables);
    if (faults.length > 0) throw new ConfigurationError(faults);
    return new Config(environment);
  }

  /** The only reading of `process.env`. */
  static fromProcess(): Config {
    return Config.from(process.env);
  }
}
