import { Expose, plainToInstance, Transform } from 'class-transformer';
import { ArrayMinSize, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min, MinLength, validateSync } from 'class-validator';
import { isPrivateUseEntry } from '../oauth/redirect-uri.js';

const Text = () => Transform(({ value }) => (value === '' ? undefined : value));
const Integer = () => Transform(({ value }) => (value === undefined || value === '' ? undefined : Number(value)));
const Flag = () => Transform(({ value }) => (value === undefined || value === '' ? undefined : value === 'true' ? true : value === 'false' ? false : value));
const List = () =>
  Transform(({ value }) => (value === undefined || value === '' ? undefined : String(value).split(',').map((part) => part.trim())));

/**
 * Every environment variable this server reads, as text from the outside. `docs/configuration.md` describes each;
 * defaults are applied by `Config`.
 */
export class Environment {
  @Expose() @Text() @IsOptional() @IsIn(['development', 'production', 'test'], { message: 'must be development, production or test' })
  NODE_ENV?: string;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a whole number' }) @Min(0) @Max(65535, { message: 'must be a port (0 to 65535)' })
  PORT?: number;

  @Expose() @Text() @IsOptional() @IsString()
  HOST?: string;

  @Expose() @Text() @IsOptional() @IsString()
  PUBLIC_URL?: string;

  @Expose() @Text() @IsOptional() @IsString()
  DATABASE_URL?: string;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a whole number' }) @Min(2) @Max(200, { message: 'must be 2 to 200' })
  DATABASE_POOL?: number;

  @Expose() @Text() @IsOptional() @IsString()
  DATA_DIR?: string;

  @Expose() @Flag() @IsOptional() @IsBoolean({ message: 'must be true or false' })
  MIGRATE?: boolean;

  @Expose() @List() @IsOptional() @ArrayMinSize(1) @MinLength(32, { each: true, message: 'each secret must have 32 characters or more' })
  SECRETS?: string[];

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(10) @Max(86400, { message: 'must be 10 to 86400 seconds' })
  ACCESS_TOKEN_LIFETIME?: number;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(60) @Max(31_536_000, { message: 'must be 60 to 31536000 seconds' })
  REFRESH_TOKEN_LIFETIME?: number;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(10) @Max(600, { message: 'must be 10 to 600 seconds (RFC 6749 §4.1.2)' })
  AUTHORIZATION_CODE_LIFETIME?: number;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(0) @Max(600, { message: 'must be 0 (strict) to 600 seconds' })
  REFRESH_GRACE?: number;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(60)
  SESSION_IDLE_LIFETIME?: number;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(60)
  SESSION_LIFETIME?: number;

  @Expose() @Integer() @IsOptional() @IsInt({ message: 'must be a number of seconds' }) @Min(3600)
  SIGNING_KEY_LIFETIME?: number;

  @Expose() @Text() @IsOptional() @IsIn(['memory', 'postgres', 'off'], { message: 'must be memory, postgres or off' })
  RATE_LIMITS?: 'memory' | 'postgres' | 'off';

  @Expose() @List() @IsOptional() @IsString({ each: true })
  TRUSTED_PROXIES?: string[];

  @Expose() @List() @IsOptional() @IsString({ each: true })
  PRIVATE_USE_REDIRECT_URIS?: string[];

  @Expose() @List() @IsOptional() @Matches(/^https?:\/\/[^/?#@\s]+$/, { each: true, message: 'must list origins, such as https://app.example.com' })
  MCP_ORIGINS?: string[];

  @Expose() @Text() @IsOptional() @IsString()
  BOOTSTRAP_EMAIL?: string;

  @Expose() @Text() @IsOptional() @IsString()
  BOOTSTRAP_PASSWORD?: string;

  @Expose() @Text() @IsOptional() @IsString()
  BOOTSTRAP_ORGANIZATION?: string;
}

/** Raised at boot with every wrong variable named. */
export class ConfigurationError extends Error {
  constructor(readonly faults: string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/** Reads the variables and checks each by itself. Returns the faults beside what was read, so that all are reported at once. */
export function readEnvironment(variables: NodeJS.ProcessEnv): { environment: Environment; faults: string[] } {
  const environment = plainToInstance(Environment, variables, { excludeExtraneousValues: true, exposeUnsetFields: false });
  const faults = validateSync(environment).map(
    ({ property, constraints }) => `${property} ${Object.values(constraints ?? {})[0]?.replace(new RegExp(`^${property} `), '') ?? 'is wrong'}`,
  );
  faults.push(...crossCheck(environment));
  return { environment, faults };
}

function crossCheck(environment: Environment): string[] {
  const faults: string[] = [];
  const { PUBLIC_URL, DATABASE_URL, BOOTSTRAP_EMAIL, BOOTSTRAP_PASSWORD, BOOTSTRAP_ORGANIZATION } = environment;
  if (PUBLIC_URL !== undefined) faults.push(...publicUrlFaults(PUBLIC_URL));
  if (DATABASE_URL !== undefined && !/^postgres(ql)?:\/\//.test(DATABASE_URL)) faults.push('DATABASE_URL must begin with postgres:// or postgresql://');
  if (environment.NODE_ENV === 'production' && !environment.SECRETS) {
    faults.push('SECRETS is missing: in production, give one secret of 32 or more characters (openssl rand -base64 48)');
  }
  if (environment.RATE_LIMITS === 'postgres' && !DATABASE_URL) faults.push('RATE_LIMITS=postgres needs DATABASE_URL');
  for (const entry of environment.PRIVATE_USE_REDIRECT_URIS ?? []) {
    if (!isPrivateUseEntry(entry)) faults.push(`PRIVATE_USE_REDIRECT_URIS holds ${JSON.stringify(entry)}, which is neither a private-use scheme nor a URI of one`);
  }
  const bootstrap = [BOOTSTRAP_EMAIL, BOOTSTRAP_PASSWORD, BOOTSTRAP_ORGANIZATION];
  if (bootstrap.some(Boolean) && !bootstrap.every(Boolean)) {
    faults.push('BOOTSTRAP_EMAIL, BOOTSTRAP_PASSWORD and BOOTSTRAP_ORGANIZATION belong together: give all three or none');
  }
  if (BOOTSTRAP_PASSWORD && BOOTSTRAP_PASSWORD.length < 8) faults.push('BOOTSTRAP_PASSWORD must have 8 characters or more');
  return faults;
}

function publicUrlFaults(value: string): string[] {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return ['PUBLIC_URL must be an http or https URL'];
  if (url.pathname !== '/' || url.search || url.hash || url.username) return ['PUBLIC_URL must be an origin: scheme, host and port, no path'];
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    return ['PUBLIC_URL must be https: only localhost, 127.0.0.1 and [::1] may use http'];
  }
  return [];
}
