export { chooseSlots, type SlotDecision, type SlotHead, type SlotRules } from './choose-slots.js';
export { SequenceScheduler } from './sequence-scheduler.js';
