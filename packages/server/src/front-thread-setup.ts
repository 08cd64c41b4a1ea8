/** What each front-end thread of a process that is a server imports first. */

import { systemClock } from '@nereid/core';
import { MemoryReclaimer, processMemory } from './memory-reclaimer.js';

// Each thread collects its own garbage only.
new MemoryReclaimer({ clock: systemClock, ...processMemory() }).start();
