import 'reflect-metadata';
import { Expose, plainToInstance, Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  validateSync,
} from 'class-validator';
import { CLIENT_AUTH_METHODS, type ClientAuthMethod } from '../oauth/client-metadata.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError, type OAuthErrorCode } from '../oauth/oauth-error.js';

const MAX_REDIRECT_URIS = 10;
/** Nothing invisible and nothing that turns the reading direction: a name must look like what it is. */
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]*$/u;

const Trimmed = () => Transform(({ value }) => (typeof value === 'string' ? value.trim() || undefined : value));
const NotNull = () => Transform(({ value }) => (value === null ? undefined : value));

/** The members of a registration request that mean something here (RFC 7591 §2). Every other member is ignored. */
export class RegistrationRequest {
  @Expose()
  @Trimmed()
  @NotNull()
  @IsOptional()
  @IsString({ message: 'must be text' })
  @MaxLength(200, { message: 'is longer than 200 characters' })
  @Matches(VISIBLE, { message: 'has invisible or direction-changing characters' })
  client_name?: string;

  @Expose()
  @IsArray({ message: 'must be a list' })
  @ArrayMinSize(1, { message: 'must name at least one URI' })
  @ArrayMaxSize(MAX_REDIRECT_URIS, { message: `names more than ${MAX_REDIRECT_URIS} URIs` })
  @IsString({ each: true, message: 'must be a list of text' })
  redirect_uris: string[];

  @Expose()
  @NotNull()
  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @ArrayMaxSize(20, { message: 'is too long' })
  @IsString({ each: true, message: 'must be a list of text' })
  grant_types?: string[];

  @Expose()
  @NotNull()
  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @ArrayMaxSize(20, { message: 'is too long' })
  @IsString({ each: true, message: 'must be a list of text' })
  response_types?: string[];

  @Expose()
  @NotNull()
  @IsOptional()
  @IsIn(CLIENT_AUTH_METHODS, { message: `must be one of ${CLIENT_AUTH_METHODS.join(', ')}` })
  token_endpoint_auth_method?: ClientAuthMethod;

  @Expose()
  @Trimmed()
  @NotNull()
  @IsOptional()
  @IsString({ message: 'must be text' })
  @MaxLength(1000, { message: 'is longer than 1000 characters' })
  @Matches(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/, { message: 'has characters that a scope may not have' })
  scope?: string;

  /** Advice at most: tools mix them up, and the redirect URI itself says what it is. Any other value is left out. */
  @Expose()
  @Transform(({ value }) => (value === 'web' || value === 'native' ? (value as string) : undefined))
  application_type?: string;

  @Expose()
  @NotNull()
  @IsOptional()
  @IsString({ message: 'must be text' })
  @MaxLength(500, { message: 'is longer than 500 characters' })
  client_uri?: string;

  @Expose()
  @NotNull()
  @IsOptional()
  @IsString({ message: 'must be text' })
  @MaxLength(200, { message: 'is longer than 200 characters' })
  @Matches(VISIBLE, { message: 'has invisible characters' })
  software_id?: string;

  @Expose()
  @NotNull()
  @IsOptional()
  @IsString({ message: 'must be text' })
  @MaxLength(100, { message: 'is longer than 100 characters' })
  @Matches(VISIBLE, { message: 'has invisible characters' })
  software_version?: string;
}

/** Members, in any language (RFC 7591 §2.2), that are web addresses; a page might one day link to them. */
const WEB_ADDRESS = /^(?:client_uri|logo_uri|tos_uri|policy_uri|jwks_uri)(?:#.*)?$/;

/** The request as typed members. Throws `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 §3.2.2). */
export function readRegistration(body: unknown): RegistrationRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refused('invalid_client_metadata', 'the body must be a JSON object', typeof body);
  const request = plainToInstance(RegistrationRequest, body, {
    excludeExtraneousValues: true,
    exposeUnsetFields: false,
  });
  const [fault] = validateSync(request, { forbidUnknownValues: false });
  if (fault) {
    const code = fault.property === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    throw refused(code, `${fault.property} ${Object.values(fault.constraints ?? {})[0] ?? 'is wrong'}`, fault.value);
  }
  for (const [name, value] of Object.entries(body)) {
    if (!WEB_ADDRESS.test(name) || value === null || value === '') continue;
    if (!isWebAddress(value))
      throw refused('invalid_client_metadata', `${name.split('#', 1)[0]} must be an http or https URL`, value);
  }
  return request;
}

function isWebAddress(value: unknown): boolean {
  return (
    typeof value === 'string' && value.length <= 2048 && /^https?:\/\/[\x21-\x7e]+$/.test(value) && URL.canParse(value)
  );
}

function refused(code: OAuthErrorCode, what: string, value: unknown): OAuthError {
  return new OAuthError(code, what, new Finding('registration', { value }));
}
