import type { Config } from '../../config/config.js';
import type { Environment } from '../../config/environment.js';
import { type Text, text, type Words } from '../../texts/text.js';
import { maskedUrl } from './masked-url.js';

type Variable = keyof Environment;

const HOUR = 3_600;
const DAY = 24 * HOUR;

const none = () => text('settings.none');
const list = (values: readonly string[]): Words => (values.length > 0 ? values.join(', ') : none());
const hidden = (value: string | undefined): Words => (value === undefined ? none() : text('settings.hidden'));

/** As the variable is given; where that is hard to read, as days or hours too. */
function seconds(count: number): Text {
  if (count === 0 || count % HOUR !== 0) return text('settings.seconds', { count });
  const days = count % DAY === 0;
  const long = days ? text('storage.days', { count: count / DAY }) : text('storage.hours', { count: count / HOUR });
  return text('settings.seconds-long', { count, long });
}

/** What is in force of each variable, as far as it may be shown. A variable that is missing here does not compile. */
const IN_FORCE: Readonly<Record<Variable, (config: Config) => Words>> = {
  NODE_ENV: ({ production }) => (production ? 'production' : text('settings.not-production')),
  PORT: ({ port }) => String(port),
  HOST: ({ host }) => host,
  PUBLIC_URL: ({ origin }) => origin,
  TRUSTED_PROXIES: ({ trustedProxies }) => list(trustedProxies),
  MCP_ORIGINS: ({ mcpOrigins }) => list(mcpOrigins),
  DATABASE_URL: ({ databaseUrl }) => (databaseUrl === undefined ? text('settings.embedded') : maskedUrl(databaseUrl)),
  DATABASE_POOL: ({ databasePool }) => String(databasePool),
  DATA_DIR: ({ dataDir }) => dataDir,
  MIGRATE: ({ migrate }) => String(migrate),
  SECRETS: ({ secrets }) =>
    secrets ? text('settings.secrets', { count: secrets.length }) : text('settings.own-secret'),
  ACCESS_TOKEN_LIFETIME: ({ accessTokenLifetime }) => seconds(accessTokenLifetime),
  REFRESH_TOKEN_LIFETIME: ({ refreshTokenLifetime }) => seconds(refreshTokenLifetime),
  AUTHORIZATION_CODE_LIFETIME: ({ authorizationCodeLifetime }) => seconds(authorizationCodeLifetime),
  REFRESH_GRACE: ({ refreshGrace }) => seconds(refreshGrace),
  SESSION_IDLE_LIFETIME: ({ sessionIdleLifetime }) => seconds(sessionIdleLifetime),
  SESSION_LIFETIME: ({ sessionLifetime }) => seconds(sessionLifetime),
  SIGNING_KEY_LIFETIME: ({ signingKeyLifetime }) => seconds(signingKeyLifetime),
  ENDED_CONNECTION_RETENTION: ({ endedConnectionRetention }) => seconds(endedConnectionRetention),
  SIGN_UP: ({ signUp }) => signUp,
  SMTP_URL: ({ smtpUrl }) => (smtpUrl === undefined ? none() : maskedUrl(smtpUrl)),
  MAIL_FROM: ({ mailFrom }) => mailFrom ?? none(),
  RATE_LIMITS: ({ rateLimits }) => rateLimits,
  PRIVATE_USE_REDIRECT_URIS: ({ privateUseRedirectUris }) => list(privateUseRedirectUris),
  CIMD: ({ cimd }) => (cimd ? 'on' : 'off'),
  CIMD_PRIVATE_HOSTS: ({ cimdPrivateHosts }) => list(cimdPrivateHosts),
  METRICS_TOKEN: ({ metricsToken }) => hidden(metricsToken),
  BOOTSTRAP_EMAIL: ({ bootstrap }) => bootstrap?.email ?? none(),
  BOOTSTRAP_PASSWORD: ({ bootstrap }) => hidden(bootstrap?.password),
  BOOTSTRAP_ORGANIZATION: ({ bootstrap }) => bootstrap?.organization ?? none(),
};

/** In the order of docs/configuration.md. */
export function settingsOf(config: Config) {
  return (Object.keys(IN_FORCE) as Variable[]).map((name) => ({
    name,
    value: IN_FORCE[name](config),
    given: config.given.includes(name),
    what: text(`setting.${name}`),
  }));
}
