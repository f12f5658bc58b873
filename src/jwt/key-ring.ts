import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { repeat } from '../config/repeat.js';
import { StartupError } from '../database/database-error.js';
import type { SigningKey, SigningKeyStage } from '../database/entities/signing-key.entity.js';
import { type NewSigningKey, SigningKeys } from '../database/repositories/signing-keys.repository.js';
import { Sealing } from '../sealing/sealing.service.js';

export const SIGNING_ALGORITHM = 'ES256';
/** How long others may keep our key set, in seconds. */
export const JWKS_MAX_AGE = 300;
/** A key is published this long before it signs: longer than anybody keeps the set without it. Seconds. */
export const PUBLISHED_BEFORE_USE = 2 * JWKS_MAX_AGE;
/** Clocks of verifiers may be this far off, in seconds. */
const LEEWAY = 60;
const RELOAD_MS = 1_000;
/** A key that is withdrawn is believed by no node after so many seconds. */
export const WITHDRAWN_WITHIN = 2;

interface RingKey {
  readonly kid: string;
  readonly stage: SigningKeyStage;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly retiredAt: Date | null;
  readonly publicJwk: Record<string, string>;
  readonly publicKey: KeyObject;
}

/** A member of a JWK Set (RFC 7517 §4): public members only. */
export type PublicJwk = Readonly<Record<string, string>>;

/**
 * The signing keys: one next (published, not yet used), one current, and the retired ones whose last token has not yet
 * expired. The ring is in the database, read again every second, so that all nodes sign with the same key; private
 * halves are sealed, and opened once.
 */
@Injectable()
export class KeyRing implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('KeyRing');
  private keys: RingKey[] = [];
  private signing?: { readonly kid: string; readonly privateKey: KeyObject };
  private stop?: () => void;

  constructor(
    private readonly repository: SigningKeys,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.open();
    this.stop = repeat(
      RELOAD_MS,
      () => this.goOn(),
      (error) => this.logger.warn(`The key ring could not be read: ${error.message}`),
    );
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  /**
   * Reads the ring, and makes it when there is none. Throws `StartupError` when the keys were sealed under a secret
   * that is not among ours: a new key is never made silently.
   */
  async open(): Promise<void> {
    if ((await this.repository.list()).length === 0)
      await this.repository.establish(this.newKey(), this.newKey(), this.clock.now());
    await this.reload();
  }

  /** The key that signs now. */
  current(): { kid: string; privateKey: KeyObject } {
    return this.signing!;
  }

  /** The key of this id while it may verify. */
  publicKey(kid: string): KeyObject | undefined {
    const key = this.keys.find((one) => one.kid === kid);
    return key && this.isPublished(key) ? key.publicKey : undefined;
  }

  /** The JWK Set (RFC 7517 §5). */
  jwks(): { keys: PublicJwk[] } {
    return {
      keys: this.keys
        .filter((key) => this.isPublished(key))
        .map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' })),
    };
  }

  /** Every key with its stage, oldest first. */
  list(): readonly Pick<RingKey, 'kid' | 'stage' | 'createdAt' | 'activatedAt' | 'retiredAt'>[] {
    return this.keys;
  }

  /**
   * Makes the next key current, now. Whether it did: not while the next key is younger than others may keep our key
   * set, unless `force`.
   */
  async rotate({ force = false, by }: { force?: boolean; by?: string } = {}): Promise<boolean> {
    return this.rotateIfDue(this.clock.now(), force ? this.clock.now() : this.before(PUBLISHED_BEFORE_USE), by);
  }

  /**
   * Takes a key out of the ring, because somebody else may have it: on this node now, on the others when they read the
   * ring again. `by`: the operator who did. False: there is no such key.
   */
  async withdraw(kid: string, by?: string): Promise<boolean> {
    const withdrawn = await this.repository.withdraw(kid, this.newKey(), this.clock.now(), by);
    await this.reload();
    return withdrawn;
  }

  private async reload(): Promise<void> {
    const rows = await this.repository.list();
    this.keys = rows.map(({ sealedPrivateKey: _, ...row }) => ({
      ...row,
      publicKey:
        this.keys.find(({ kid }) => kid === row.kid)?.publicKey ??
        createPublicKey({ key: row.publicJwk, format: 'jwk' }),
    }));
    const current = rows.find(({ stage }) => stage === 'current');
    if (!current) throw new StartupError('The key ring has no current signing key.');
    if (current.kid !== this.signing?.kid)
      this.signing = { kid: current.kid, privateKey: this.openPrivateKey(current) };
  }

  private async goOn(): Promise<void> {
    await this.reload();
    await this.rotateIfDue(this.before(this.config.signingKeyLifetime), this.before(PUBLISHED_BEFORE_USE));
  }

  private async rotateIfDue(activatedBefore: Date, publishedBefore: Date, by?: string): Promise<boolean> {
    const current = this.keys.find(({ stage }) => stage === 'current');
    const next = this.keys.find(({ stage }) => stage === 'next');
    if (!current?.activatedAt || !next || current.activatedAt > activatedBefore || next.createdAt > publishedBefore)
      return false;
    const due = {
      activatedBefore,
      publishedBefore,
      retiredBefore: this.before(this.config.accessTokenLifetime + LEEWAY),
    };
    const rotated = await this.repository.rotate(this.newKey(), this.clock.now(), due, by);
    await this.reload();
    return rotated;
  }

  private isPublished({ retiredAt }: RingKey): boolean {
    return !retiredAt || retiredAt > this.before(this.config.accessTokenLifetime + LEEWAY);
  }

  private newKey(): NewSigningKey {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    // Of digits and letters only: it is typed after a command, where a hyphen begins an option.
    const kid = randomBytes(12).toString('hex');
    return {
      kid,
      publicJwk: publicKey.export({ format: 'jwk' }) as Record<string, string>,
      sealedPrivateKey: this.sealing.seal('signing-key', privateKey.export({ format: 'der', type: 'pkcs8' }), kid),
    };
  }

  private openPrivateKey({ kid, sealedPrivateKey }: SigningKey): KeyObject {
    const der = this.sealing.open('signing-key', sealedPrivateKey, kid);
    if (!der)
      throw new StartupError(
        'The signing keys in the database were sealed under another secret. Put that secret back, as a later one in SECRETS.',
      );
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  }

  private before(seconds: number): Date {
    return new Date(this.clock.now().getTime() - seconds * 1000);
  }
}
