/**
 * Members `m`, with who they are, `u`. The offset, of none, keeps the planner from beginning with the people: it would
 * go through those of every organization until it had found enough of this one.
 */
export const MEMBERS = `memberships m CROSS JOIN LATERAL (
    SELECT id, email, name, disabled_at FROM users WHERE id = m.user_id OFFSET 0) u`;
