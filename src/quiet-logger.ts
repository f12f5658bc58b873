import { ConsoleLogger } from '@nestjs/common';

/** What the framework says about its own assembly; when that fails, `serve` says why, once. */
const FRAMEWORK = new Set([
  'ExceptionHandler',
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** The console, without the framework's account of itself. JSON lines in production. */
export class QuietLogger extends ConsoleLogger {
  constructor(production: boolean) {
    super({
      logLevels: ['fatal', 'error', 'warn', 'log'],
      json: production,
      colors: !production && Boolean(process.stdout.isTTY),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!isFramework(rest.at(-1))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!isFramework(rest.at(-1))) super.error(message, ...rest);
  }
}

/** In a bundle, a class that speaks of itself has an underscore before its name. */
function isFramework(context: unknown): boolean {
  return typeof context === 'string' && FRAMEWORK.has(context.replace(/^_/, ''));
}
