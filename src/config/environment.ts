import { isIP } from 'node:net';
import { applyDecorators } from '@nestjs/common';
import { Expose, plainToInstance, Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min, MinLength, validateSync } from 'class-validator';
import { isPrivateUseEntry } from '../oauth/redirect-uri.js';

/** A variable that may be absent; empty is absent. */
const variable = (read: (text: string) => unknown, ...checks: PropertyDecorator[]) =>
  applyDecorators(
    Expose(),
    Transform(({ value }: { value: unknown }) =>
      value === undefined || value === '' ? undefined : read(String(value)),
    ),
    IsOptional(),
    ...checks,
  );

const Text = (...checks: PropertyDecorator[]) => variable((text) => text, IsString(), ...checks);
const OneOf = (...values: string[]) =>
  variable((text) => text, IsIn(values, { message: `must be one of ${values.join(', ')}` }));
const Flag = () =>
  variable(
    (text) => (text === 'true' ? true : text === 'false' ? false : text),
    IsIn([true, false], { message: 'must be true or false' }),
  );
const WholeNumber = (min: number, max: number, what = 'a whole number') => {
  const message = `must be ${what}, ${min} to ${max}`;
  return variable(Number, IsInt({ message }), Min(min, { message }), Max(max, { message }));
};
const Seconds = (min: number, max: number) => WholeNumber(min, max, 'a number of seconds');
const List = (...checks: PropertyDecorator[]) =>
  variable((text) => text.split(',').map((part) => part.trim()), IsString({ each: true }), ...checks);

const DAY = 86_400;
const YEAR = 365 * DAY;

/**
 * Every environment variable this server reads, as text from the outside. `docs/configuration.md` describes each;
 * defaults are applied by `Config`.
 */
export class Environment {
  @OneOf('development', 'production', 'test')
  NODE_ENV?: string;

  @WholeNumber(1, 65_535, 'a port')
  PORT?: number;

  @Text()
  HOST?: string;

  @Text()
  PUBLIC_URL?: string;

  @Text()
  DATABASE_URL?: string;

  @WholeNumber(2, 200)
  DATABASE_POOL?: number;

  @Text()
  DATA_DIR?: string;

  @Flag()
  MIGRATE?: boolean;

  @List(MinLength(32, { each: true, message: 'each secret must have 32 characters or more' }))
  SECRETS?: string[];

  @Seconds(10, 86_400)
  ACCESS_TOKEN_LIFETIME?: number;

  @Seconds(60, YEAR)
  REFRESH_TOKEN_LIFETIME?: number;

  /** RFC 6749 §4.1.2: ten minutes at most. */
  @Seconds(10, 600)
  AUTHORIZATION_CODE_LIFETIME?: number;

  @Seconds(0, 600)
  REFRESH_GRACE?: number;

  @Seconds(60, YEAR)
  SESSION_IDLE_LIFETIME?: number;

  @Seconds(60, YEAR)
  SESSION_LIFETIME?: number;

  @Seconds(3600, YEAR)
  SIGNING_KEY_LIFETIME?: number;

  @Seconds(30 * DAY, 10 * YEAR)
  ENDED_CONNECTION_RETENTION?: number;

  @OneOf('memory', 'postgres', 'off')
  RATE_LIMITS?: 'memory' | 'postgres' | 'off';

  @List()
  TRUSTED_PROXIES?: string[];

  @List()
  PRIVATE_USE_REDIRECT_URIS?: string[];

  @List(
    Matches(/^https?:\/\/[^/?#@\s]+$/, { each: true, message: 'must list origins, such as https://app.example.com' }),
  )
  MCP_ORIGINS?: string[];

  @OneOf('on', 'off')
  CIMD?: 'on' | 'off';

  @List(Matches(/^[^/?#@\s]+$/, { each: true, message: 'must list hosts, such as localhost:8443' }))
  CIMD_PRIVATE_HOSTS?: string[];

  @OneOf('open', 'invitation', 'off')
  SIGN_UP?: 'open' | 'invitation' | 'off';

  @Text(Matches(/^smtps?:\/\/[^\s]+$/, { message: 'must begin with smtp:// or smtps://' }))
  SMTP_URL?: string;

  @Text(Matches(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, { message: 'must be an e-mail address, with or without a name' }))
  MAIL_FROM?: string;

  @Text(MinLength(16, { message: 'must have 16 characters or more' }))
  METRICS_TOKEN?: string;

  @Text()
  BOOTSTRAP_EMAIL?: string;

  @Text()
  BOOTSTRAP_PASSWORD?: string;

  @Text()
  BOOTSTRAP_ORGANIZATION?: string;
}

/** Raised at boot with every wrong variable named. */
export class ConfigurationError extends Error {
  constructor(readonly faults: string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/**
 * Reads the variables and checks each by itself. Returns the faults beside what was read, so that all are reported at
 * once.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): { environment: Environment; faults: string[] } {
  const environment = plainToInstance(Environment, variables, {
    excludeExtraneousValues: true,
    exposeUnsetFields: false,
  });
  const faults = validateSync(environment).map(
    ({ property, constraints }) =>
      `${property} ${Object.values(constraints ?? {})[0]?.replace(new RegExp(`^${property} `), '') ?? 'is wrong'}`,
  );
  faults.push(...crossCheck(environment));
  return { environment, faults };
}

function crossCheck(environment: Environment): string[] {
  const faults: string[] = [];
  const { PUBLIC_URL, DATABASE_URL, BOOTSTRAP_EMAIL, BOOTSTRAP_PASSWORD, BOOTSTRAP_ORGANIZATION } = environment;
  if (PUBLIC_URL !== undefined) faults.push(...publicUrlFaults(PUBLIC_URL));
  if (DATABASE_URL !== undefined && !(/^postgres(ql)?:\/\//.test(DATABASE_URL) && URL.canParse(DATABASE_URL)))
    faults.push('DATABASE_URL must begin with postgres:// or postgresql://');
  if (environment.NODE_ENV === 'production' && !environment.SECRETS) {
    faults.push(
      'SECRETS is missing: in production, give one secret of 32 or more characters (openssl rand -base64 48)',
    );
  }
  if (environment.NODE_ENV === 'production' && environment.CIMD_PRIVATE_HOSTS)
    faults.push('CIMD_PRIVATE_HOSTS is for development: it lets this server be used to reach private hosts');
  if (environment.SMTP_URL && !environment.MAIL_FROM)
    faults.push('MAIL_FROM is missing: say which address mails come from, such as bkend <no-reply@example.com>');
  if (environment.RATE_LIMITS === 'postgres' && !DATABASE_URL) faults.push('RATE_LIMITS=postgres needs DATABASE_URL');
  for (const entry of environment.TRUSTED_PROXIES ?? []) {
    if (!isAddressOrRange(entry))
      faults.push(
        `TRUSTED_PROXIES holds ${JSON.stringify(entry)}, which is neither an address nor a range such as 10.0.0.0/8`,
      );
  }
  for (const entry of environment.PRIVATE_USE_REDIRECT_URIS ?? []) {
    if (!isPrivateUseEntry(entry))
      faults.push(
        `PRIVATE_USE_REDIRECT_URIS holds ${JSON.stringify(entry)}, which is neither a private-use scheme nor a URI of one`,
      );
  }
  const bootstrap = [BOOTSTRAP_EMAIL, BOOTSTRAP_PASSWORD, BOOTSTRAP_ORGANIZATION];
  if (bootstrap.some(Boolean) && !bootstrap.every(Boolean)) {
    faults.push(
      'BOOTSTRAP_EMAIL, BOOTSTRAP_PASSWORD and BOOTSTRAP_ORGANIZATION belong together: give all three or none',
    );
  }
  if (BOOTSTRAP_PASSWORD && BOOTSTRAP_PASSWORD.length < 8)
    faults.push('BOOTSTRAP_PASSWORD must have 8 characters or more');
  return faults;
}

function isAddressOrRange(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const family = isIP(address);
  const widest = family === 6 ? 128 : 32;
  return (
    family !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest))
  );
}

function publicUrlFaults(value: string): string[] {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return ['PUBLIC_URL must be an http or https URL'];
  if (url.pathname !== '/' || url.search || url.hash || url.username)
    return ['PUBLIC_URL must be an origin: scheme, host and port, no path'];
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    return ['PUBLIC_URL must be https: only localhost, 127.0.0.1 and [::1] may use http'];
  }
  return [];
}
