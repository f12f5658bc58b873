import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { StartupError } from '../database/database-error.js';
import type { User } from '../database/entities/user.entity.js';
import { Users } from '../database/repositories/users.repository.js';
import { displayName } from '../organizations/display-name.js';
import { Sealing } from '../sealing/sealing.service.js';
import { plainly, type Text, text } from '../texts/text.js';
import { emailFault, normalizedEmail } from './email.js';
import { passwordFault, Passwords } from './passwords.js';

/** A setup link can be used for this long, in seconds. */
const SETUP_LINK_LIFETIME = 30 * 60;

export interface FirstOperatorDetails {
  readonly email: string;
  readonly password: string;
  readonly organization: string;
}

export type Redeemed =
  { readonly user: User } | { readonly refused: 'expired' | 'invalid' | 'set up already' } | { readonly fault: Text };

/** The first person of an empty server: by a one-time link, or by the `BOOTSTRAP_` variables. */
@Injectable()
export class FirstOperator {
  private readonly logger = new Logger('Setup');
  private settled = false;

  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes the operator and organization of the `BOOTSTRAP_` variables, if there are any and there is nobody yet.
   * Throws `StartupError` when they cannot be used.
   */
  async bootstrap(): Promise<void> {
    const { bootstrap } = this.config;
    if (!bootstrap) return;
    const fault = await faultIn(bootstrap);
    if (fault) throw new StartupError(`The BOOTSTRAP_ variables cannot be used: ${plainly(fault, 'en')}`);
    const user = (await this.isAwaited()) ? await this.create(bootstrap) : undefined;
    this.logger.log(
      user
        ? `Made the first operator, ${user.email}.`
        : 'The BOOTSTRAP_ variables were ignored: there are accounts already.',
    );
  }

  /** What a log-in page says while nobody can log in. Nothing when the database cannot tell. */
  async notice(): Promise<Text | undefined> {
    return (await this.isAwaited().catch(() => false)) ? text('login.nobody') : undefined;
  }

  /** A link to make the first operator in a browser; undefined when there is somebody already. */
  async setupLink(): Promise<string | undefined> {
    if (!(await this.isAwaited())) return undefined;
    return `${this.config.origin}/console/setup?token=${this.sealing.sealValue('setup-link', 'first-operator', SETUP_LINK_LIFETIME)}`;
  }

  /** Whether a setup link can be used now; if not, why. */
  async check(token: unknown): Promise<'usable' | 'expired' | 'invalid' | 'set up already'> {
    if (!(await this.isAwaited())) return 'set up already';
    const opened = this.sealing.openValue('setup-link', token);
    if (!opened) return 'invalid';
    return opened === 'expired' ? 'expired' : 'usable';
  }

  /** Uses the link. `fault`: what is wrong with the details. Of two at once, one makes the operator. */
  async redeem(token: unknown, details: FirstOperatorDetails): Promise<Redeemed> {
    const state = await this.check(token);
    if (state !== 'usable') return { refused: state };
    const fault = await faultIn(details);
    if (fault) return { fault };
    const user = await this.create(details);
    return user ? { user } : { refused: 'set up already' };
  }

  /** Whether there is nobody yet. Once there is somebody, there always is, and the database is not asked again. */
  private async isAwaited(): Promise<boolean> {
    this.settled ||= !(await this.users.isEmpty());
    return !this.settled;
  }

  private async create({ email, password, organization }: FirstOperatorDetails): Promise<User | undefined> {
    const address = normalizedEmail(email);
    const passwordHash = await this.passwords.hash(password);
    const user = { email: address, name: address.split('@', 1)[0]!, passwordHash, operator: true };
    return (await this.users.createFirst(user, organization.trim(), this.clock.now()))?.user;
  }
}

async function faultIn({ email, password, organization }: FirstOperatorDetails): Promise<Text | undefined> {
  const nameless = displayName(organization) === undefined;
  return (
    emailFault(email) ??
    (await passwordFault(password, [email, organization])) ??
    (nameless ? text('setup.organization-rule') : undefined)
  );
}
