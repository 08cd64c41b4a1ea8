import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOpenTelemetrySettings, shownSettings } from './open-telemetry-settings.js';

describe('the settings of the mode opentelemetry', () => {
  it('have defaults', () => {
    assert.deepEqual(shownSettings(parseOpenTelemetrySettings([])), [
      ['url', 'http://localhost:4318/v1/traces'],
      ['resource', 'service.name=triton-inference-server'],
      ['bsp_max_queue_size', '2048'],
      ['bsp_schedule_delay', '5000'],
      ['bsp_max_export_batch_size', '512'],
    ]);
  });

  it('gather resources, and let the last of any other win', () => {
    const { url, resource } = parseOpenTelemetrySettings([
      ['url', 'http://a'],
      ['resource', 'service.name=x'],
      ['url', 'https://b/v1'],
      ['resource', 'k=v=w'],
    ]);
    assert.equal(url, 'https://b/v1');
    assert.deepEqual(
      [...resource],
      [
        ['service.name', 'x'],
        ['k', 'v=w'],
      ],
    );
  });

  it('are refused by name', () => {
    const refused = [
      ['frob', '1', /opentelemetry,frob is unknown; expected one of url/],
      ['url', 'ftp://x', /opentelemetry,url must be an http or https URL, got 'ftp:\/\/x'/],
      ['resource', '=v', /opentelemetry,resource must be <key>=<value>/],
      ['bsp_schedule_delay', '0', /bsp_schedule_delay must be a whole number from 1/],
      ['bsp_max_queue_size', 'x', /bsp_max_queue_size must be a whole number/],
      ['bsp_max_export_batch_size', '4096', /must be at most bsp_max_queue_size/],
    ] as const;
    for (const [name, value, message] of refused) {
      assert.throws(() => parseOpenTelemetrySettings([[name, value]]), {
        code: 'INVALID_ARG',
        message,
      });
    }
  });
});
