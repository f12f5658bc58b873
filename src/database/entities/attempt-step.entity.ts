import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a step of connecting a tool can be, in the order they come; then what goes wrong beside the way. */
export const STEP_KINDS = [
  'challenge',
  'resource-metadata',
  'server-metadata',
  'registration',
  'document',
  'authorize',
  'log-in',
  'organization',
  'approval',
  'token',
  'call',
  'refresh',
  'revocation',
  'introspection',
  'page',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/**
 * Who can fill which: anybody; whoever opens the authorization endpoint; somebody who is logged in, or a connection.
 */
export type Ring = 'stranger' | 'request' | 'person';

/**
 * One step of an attempt to connect a tool. The table is three rings of a fixed number of slots: a new step takes the
 * place of the oldest of its ring. Holds no code, token, state, verifier, cookie or password.
 */
@Entity('attempt_steps')
export class AttemptStep {
  @PrimaryColumn('text') ring: Ring;
  @PrimaryColumn('integer') slot: number;
  /** How many came before in this ring. */
  @Column('bigint') position: string;
  @Column('timestamptz') at: Date;
  /** Id of the authorization request; before there is one, made of who asks and when. */
  @Index() @Column('uuid') attempt: string;
  /** The attempt was told by who asks and when alone. */
  @Column('boolean') loose: boolean;
  @Column('text') kind: StepKind;
  @Column('boolean') failed: boolean;
  @Column('text', { nullable: true }) rule: string | null;
  @Column('jsonb') compared: Record<string, unknown>;
  /** What was asked for, as far as it may be shown. */
  @Column('jsonb') sent: Record<string, unknown>;
  @Index() @Column('text', { nullable: true }) supportCode: string | null;
  @Column('text', { nullable: true }) clientId: string | null;
  @Column('text', { nullable: true }) clientName: string | null;
  @Index() @Column('uuid', { nullable: true }) userId: string | null;
  @Column('uuid', { nullable: true }) organizationId: string | null;
  @Column('uuid', { nullable: true }) grantId: string | null;
  /** SHA-256 of the browser's cookie. */
  @Column('bytea', { nullable: true }) browser: Buffer | null;
  @Column('text') address: string;
  @Column('text') userAgent: string;
}
