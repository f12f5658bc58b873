import { Command } from 'commander';
import { sectionOf } from '../oauth/finding.js';
import { visible } from '../oauth/visible.js';
import { cureOf } from '../recorder/cures.js';
import { outcomeOf, type TimelineStep } from '../recorder/timeline.js';
import { plainly, text } from '../texts/text.js';
import { CommandFault } from './command-fault.js';
import { say } from './output.js';
import { withServices } from './services.js';

export function attemptCommand(): Command {
  return new Command('attempt')
    .description('what happened, step by step, in the attempt to connect a tool that ended with this support code')
    .argument('<code>', 'the support code, as it was shown')
    .action(show);
}

async function show(code: string): Promise<void> {
  const steps = await withServices(({ attempts }) => attempts.byCode(code.trim().toUpperCase()));
  if (steps.length === 0) throw new CommandFault('No attempt of the last seven days has this support code.');
  const last = steps.findLast(({ clientId }) => clientId !== null);
  say(
    `${plainly(text(`outcome.${outcomeOf(steps)}`), 'en')}: ${last?.clientName ?? last?.clientId ?? 'an unknown tool'}`,
  );
  for (const step of steps) say(linesOf(step).join('\n'));
}

function linesOf(step: TimelineStep): string[] {
  const { at, kind, failed, certain, person, address, rule, supportCode } = step;
  const where = [person, address].filter(Boolean).join(', ');
  const mark = failed ? 'FAILED' : 'ok    ';
  const doubt = certain ? '' : ` (${plainly(text('attempt.uncertain'), 'en')})`;
  const lines = [`\n${at.toISOString()}  ${mark}  ${plainly(text(`step.${kind}`), 'en')}${doubt}`, `  from: ${where}`];
  lines.push(...valuesOf('sent', step.sent));
  if (!failed || rule === null) return lines;
  const { cure, actor } = cureOf(rule, 'operator');
  if (supportCode) lines.push(`  support code: ${supportCode}`);
  lines.push(`  rule: ${rule} (${sectionOf(rule)})`, ...valuesOf('compared', step.compared));
  return [...lines, `  cure: ${plainly(cure, 'en')} ${plainly(actor, 'en')}`];
}

/** They were made harmless when they were recorded; a line is still no longer than a line. */
function valuesOf(label: string, values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).map(
    ([name, value]) => `  ${label}: ${name} = ${visible([value].flat().join(' '), 400)}`,
  );
}
