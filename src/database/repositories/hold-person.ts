import { type EntityManager, IsNull } from 'typeorm';
import { User } from '../entities/user.entity.js';

/** The password was changed, or the person disabled, after an act was asked for with it. */
export class PasswordChanged extends Error {}

/**
 * Holds the row of a person to the end of the transaction; weaker than FOR UPDATE: what refers to them may go on.
 * `passwordHash`: throws `PasswordChanged` unless it lets them in still.
 */
export async function holdPerson(manager: EntityManager, id: string, passwordHash?: string): Promise<void> {
  const letIn = passwordHash === undefined ? {} : { passwordHash, disabledAt: IsNull() };
  const user = await manager.findOne(User, { where: { id, ...letIn }, lock: { mode: 'for_no_key_update' } });
  if (!user && passwordHash !== undefined) throw new PasswordChanged();
}
