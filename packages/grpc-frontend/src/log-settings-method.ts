import { InferError, type InferenceServer, type LogSettings } from '@nereid/core';
import { LogSettingsRequest, LogSettingsResponse } from '@nereid/protocol';
import { controlMethod } from './control-method.js';
import type { UnaryMethod } from './grpc-call.js';

type SettingValue = LogSettingsRequest['settings'][string];
type LogSettingsChange = { -readonly [Name in keyof LogSettings]?: LogSettings[Name] };

/** LogSettings: changes the settings that the request names, and answers with all of them. */
export function logSettingsMethod(server: InferenceServer): UnaryMethod {
  return controlMethod({
    request: LogSettingsRequest,
    response: LogSettingsResponse,
    answer: ({ settings }) => {
      const empty = Object.keys(settings).length === 0;
      return settingsMessage(
        empty ? server.logSettings() : server.updateLogSettings(parseChange(settings)),
      );
    },
  });
}

/** Unknown settings are ignored, as Triton does. All are checked before any is changed. */
function parseChange(settings: LogSettingsRequest['settings']): LogSettingsChange {
  const change: LogSettingsChange = {};
  if (settings['log_file'] !== undefined) {
    throw new InferError(
      'UNSUPPORTED',
      'log file location can not be updated through network protocol',
    );
  }
  const { log_info: info, log_warning: warning, log_error: error } = settings;
  if (info !== undefined) change.logInfo = bool('log_info', info);
  if (warning !== undefined) change.logWarning = bool('log_warning', warning);
  if (error !== undefined) change.logError = bool('log_error', error);
  const { log_verbose_level: level, log_format: format } = settings;
  if (level !== undefined) change.logVerboseLevel = verboseLevel(level);
  if (format !== undefined) change.logFormat = logFormat(format);
  return change;
}

function bool(name: string, { boolParam }: SettingValue): boolean {
  if (boolParam !== undefined) return boolParam;
  throw new InferError('INVALID_ARG', `expect boolean for '${name}'`);
}

function verboseLevel({ uint32Param }: SettingValue): number {
  if (uint32Param !== undefined) return uint32Param;
  throw new InferError('INVALID_ARG', "expect int32 for 'log_verbose_level'");
}

function logFormat({ stringParam }: SettingValue): LogSettings['logFormat'] {
  if (stringParam === undefined) {
    throw new InferError('INVALID_ARG', "expect string for 'log_format'");
  }
  if (stringParam === 'default' || stringParam === 'ISO8601' || stringParam === 'json') {
    return stringParam;
  }
  throw new InferError('INVALID_ARG', `invalid argument for log_format, got: ${stringParam}`);
}

function settingsMessage(settings: LogSettings): LogSettingsResponse {
  return {
    settings: {
      log_file: { stringParam: settings.logFile },
      log_info: { boolParam: settings.logInfo },
      log_warning: { boolParam: settings.logWarning },
      log_error: { boolParam: settings.logError },
      log_verbose_level: { uint32Param: settings.logVerboseLevel },
      log_format: { stringParam: settings.logFormat },
    },
  };
}
