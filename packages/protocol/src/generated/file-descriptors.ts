// Generated from protos/ by scripts/generate.mjs: change those, not this.

import type { SerializedFile } from '../grpc/file-descriptors.js';

export const SERIALIZED_FILES: readonly SerializedFile[] = [
  {
    name: 'model_config.proto',
    dependencies: [],
    symbols: [
      'inference.DataType',
      'inference.ModelRateLimiter',
      'inference.ModelRateLimiter.Resource',
      'inference.ModelInstanceGroup',
      'inference.ModelInstanceGroup.Kind',
      'inference.ModelInstanceGroup.SecondaryDevice',
      'inference.ModelInstanceGroup.SecondaryDevice.SecondaryDeviceKind',
      'inference.ModelTensorReshape',
      'inference.ModelInput',
      'inference.ModelInput.Format',
      'inference.ModelOutput',
      'inference.BatchInput',
      'inference.BatchInput.Kind',
      'inference.BatchOutput',
      'inference.BatchOutput.Kind',
      'inference.ModelVersionPolicy',
      'inference.ModelVersionPolicy.Latest',
      'inference.ModelVersionPolicy.All',
      'inference.ModelVersionPolicy.Specific',
      'inference.ModelOptimizationPolicy',
      'inference.ModelOptimizationPolicy.ModelPriority',
      'inference.ModelOptimizationPolicy.Graph',
      'inference.ModelOptimizationPolicy.Cuda',
      'inference.ModelOptimizationPolicy.Cuda.GraphSpec',
      'inference.ModelOptimizationPolicy.Cuda.GraphSpec.Shape',
      'inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound',
      'inference.ModelOptimizationPolicy.ExecutionAccelerators',
      'inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator',
      'inference.ModelOptimizationPolicy.PinnedMemoryBuffer',
      'inference.ModelQueuePolicy',
      'inference.ModelQueuePolicy.TimeoutAction',
      'inference.ModelDynamicBatching',
      'inference.ModelSequenceBatching',
      'inference.ModelSequenceBatching.Control',
      'inference.ModelSequenceBatching.Control.Kind',
      'inference.ModelSequenceBatching.ControlInput',
      'inference.ModelSequenceBatching.InitialState',
      'inference.ModelSequenceBatching.State',
      'inference.ModelSequenceBatching.StrategyDirect',
      'inference.ModelSequenceBatching.StrategyOldest',
      'inference.ModelEnsembling',
      'inference.ModelEnsembling.Step',
      'inference.ModelParameter',
      'inference.ModelWarmup',
      'inference.ModelWarmup.Input',
      'inference.ModelOperations',
      'inference.ModelTransactionPolicy',
      'inference.ModelRepositoryAgents',
      'inference.ModelRepositoryAgents.Agent',
      'inference.ModelResponseCache',
      'inference.ModelMetrics',
      'inference.ModelMetrics.MetricControl',
      'inference.ModelMetrics.MetricControl.MetricIdentifier',
      'inference.ModelMetrics.MetricControl.HistogramOptions',
      'inference.ModelConfig',
    ],
    base64:
      'ChJtb2RlbF9jb25maWcucHJvdG8SCWluZmVyZW5jZSKWAQoQTW9kZWxSYXRlTGltaXRlchI3CglyZXNvdXJjZXMY' +
      'ASADKAsyJC5pbmZlcmVuY2UuTW9kZWxSYXRlTGltaXRlci5SZXNvdXJjZRIQCghwcmlvcml0eRgCIAEoDRo3CghS' +
      'ZXNvdXJjZRIMCgRuYW1lGAEgASgJEg4KBmdsb2JhbBgCIAEoCBINCgVjb3VudBgDIAEoDSKHBAoSTW9kZWxJbnN0' +
      'YW5jZUdyb3VwEgwKBG5hbWUYASABKAkSMAoEa2luZBgEIAEoDjIiLmluZmVyZW5jZS5Nb2RlbEluc3RhbmNlR3Jv' +
      'dXAuS2luZBINCgVjb3VudBgCIAEoBRIxCgxyYXRlX2xpbWl0ZXIYBiABKAsyGy5pbmZlcmVuY2UuTW9kZWxSYXRl' +
      'TGltaXRlchIMCgRncHVzGAMgAygFEkgKEXNlY29uZGFyeV9kZXZpY2VzGAggAygLMi0uaW5mZXJlbmNlLk1vZGVs' +
      'SW5zdGFuY2VHcm91cC5TZWNvbmRhcnlEZXZpY2USDwoHcHJvZmlsZRgFIAMoCRIPCgdwYXNzaXZlGAcgASgIEhMK' +
      'C2hvc3RfcG9saWN5GAkgASgJGpwBCg9TZWNvbmRhcnlEZXZpY2USTwoEa2luZBgBIAEoDjJBLmluZmVyZW5jZS5N' +
      'b2RlbEluc3RhbmNlR3JvdXAuU2Vjb25kYXJ5RGV2aWNlLlNlY29uZGFyeURldmljZUtpbmQSEQoJZGV2aWNlX2lk' +
      'GAIgASgDIiUKE1NlY29uZGFyeURldmljZUtpbmQSDgoKS0lORF9OVkRMQRAAIkEKBEtpbmQSDQoJS0lORF9BVVRP' +
      'EAASDAoIS0lORF9HUFUQARIMCghLSU5EX0NQVRACEg4KCktJTkRfTU9ERUwQAyIjChJNb2RlbFRlbnNvclJlc2hh' +
      'cGUSDQoFc2hhcGUYASADKAMi0wIKCk1vZGVsSW5wdXQSDAoEbmFtZRgBIAEoCRImCglkYXRhX3R5cGUYAiABKA4y' +
      'Ey5pbmZlcmVuY2UuRGF0YVR5cGUSLAoGZm9ybWF0GAMgASgOMhwuaW5mZXJlbmNlLk1vZGVsSW5wdXQuRm9ybWF0' +
      'EgwKBGRpbXMYBCADKAMSLgoHcmVzaGFwZRgFIAEoCzIdLmluZmVyZW5jZS5Nb2RlbFRlbnNvclJlc2hhcGUSFwoP' +
      'aXNfc2hhcGVfdGVuc29yGAYgASgIEhoKEmFsbG93X3JhZ2dlZF9iYXRjaBgHIAEoCBIQCghvcHRpb25hbBgIIAEo' +
      'CBIfChdpc19ub25fbGluZWFyX2Zvcm1hdF9pbxgJIAEoCCI7CgZGb3JtYXQSDwoLRk9STUFUX05PTkUQABIPCgtG' +
      'T1JNQVRfTkhXQxABEg8KC0ZPUk1BVF9OQ0hXEAIi0wEKC01vZGVsT3V0cHV0EgwKBG5hbWUYASABKAkSJgoJZGF0' +
      'YV90eXBlGAIgASgOMhMuaW5mZXJlbmNlLkRhdGFUeXBlEgwKBGRpbXMYAyADKAMSLgoHcmVzaGFwZRgFIAEoCzId' +
      'LmluZmVyZW5jZS5Nb2RlbFRlbnNvclJlc2hhcGUSFgoObGFiZWxfZmlsZW5hbWUYBCABKAkSFwoPaXNfc2hhcGVf' +
      'dGVuc29yGAYgASgIEh8KF2lzX25vbl9saW5lYXJfZm9ybWF0X2lvGAcgASgIItkCCgpCYXRjaElucHV0EigKBGtp' +
      'bmQYASABKA4yGi5pbmZlcmVuY2UuQmF0Y2hJbnB1dC5LaW5kEhMKC3RhcmdldF9uYW1lGAIgAygJEiYKCWRhdGFf' +
      'dHlwZRgDIAEoDjITLmluZmVyZW5jZS5EYXRhVHlwZRIUCgxzb3VyY2VfaW5wdXQYBCADKAkizQEKBEtpbmQSFwoT' +
      'QkFUQ0hfRUxFTUVOVF9DT1VOVBAAEiMKH0JBVENIX0FDQ1VNVUxBVEVEX0VMRU1FTlRfQ09VTlQQARItCilCQVRD' +
      'SF9BQ0NVTVVMQVRFRF9FTEVNRU5UX0NPVU5UX1dJVEhfWkVSTxACEiQKIEJBVENIX01BWF9FTEVNRU5UX0NPVU5U' +
      'X0FTX1NIQVBFEAMSFAoQQkFUQ0hfSVRFTV9TSEFQRRAEEhwKGEJBVENIX0lURU1fU0hBUEVfRkxBVFRFThAFIo8B' +
      'CgtCYXRjaE91dHB1dBITCgt0YXJnZXRfbmFtZRgBIAMoCRIpCgRraW5kGAIgASgOMhsuaW5mZXJlbmNlLkJhdGNo' +
      'T3V0cHV0LktpbmQSFAoMc291cmNlX2lucHV0GAMgAygJIioKBEtpbmQSIgoeQkFUQ0hfU0NBVFRFUl9XSVRIX0lO' +
      'UFVUX1NIQVBFEAAikAIKEk1vZGVsVmVyc2lvblBvbGljeRI2CgZsYXRlc3QYASABKAsyJC5pbmZlcmVuY2UuTW9k' +
      'ZWxWZXJzaW9uUG9saWN5LkxhdGVzdEgAEjAKA2FsbBgCIAEoCzIhLmluZmVyZW5jZS5Nb2RlbFZlcnNpb25Qb2xp' +
      'Y3kuQWxsSAASOgoIc3BlY2lmaWMYAyABKAsyJi5pbmZlcmVuY2UuTW9kZWxWZXJzaW9uUG9saWN5LlNwZWNpZmlj' +
      'SAAaHgoGTGF0ZXN0EhQKDG51bV92ZXJzaW9ucxgBIAEoDRoFCgNBbGwaHAoIU3BlY2lmaWMSEAoIdmVyc2lvbnMY' +
      'ASADKANCDwoNcG9saWN5X2Nob2ljZSL9DQoXTW9kZWxPcHRpbWl6YXRpb25Qb2xpY3kSNwoFZ3JhcGgYASABKAsy' +
      'KC5pbmZlcmVuY2UuTW9kZWxPcHRpbWl6YXRpb25Qb2xpY3kuR3JhcGgSQgoIcHJpb3JpdHkYAiABKA4yMC5pbmZl' +
      'cmVuY2UuTW9kZWxPcHRpbWl6YXRpb25Qb2xpY3kuTW9kZWxQcmlvcml0eRI1CgRjdWRhGAMgASgLMicuaW5mZXJl' +
      'bmNlLk1vZGVsT3B0aW1pemF0aW9uUG9saWN5LkN1ZGESWAoWZXhlY3V0aW9uX2FjY2VsZXJhdG9ycxgEIAEoCzI4' +
      'LmluZmVyZW5jZS5Nb2RlbE9wdGltaXphdGlvblBvbGljeS5FeGVjdXRpb25BY2NlbGVyYXRvcnMSUgoTaW5wdXRf' +
      'cGlubmVkX21lbW9yeRgFIAEoCzI1LmluZmVyZW5jZS5Nb2RlbE9wdGltaXphdGlvblBvbGljeS5QaW5uZWRNZW1v' +
      'cnlCdWZmZXISUwoUb3V0cHV0X3Bpbm5lZF9tZW1vcnkYBiABKAsyNS5pbmZlcmVuY2UuTW9kZWxPcHRpbWl6YXRp' +
      'b25Qb2xpY3kuUGlubmVkTWVtb3J5QnVmZmVyEiYKHmdhdGhlcl9rZXJuZWxfYnVmZmVyX3RocmVzaG9sZBgHIAEo' +
      'DRIWCg5lYWdlcl9iYXRjaGluZxgIIAEoCBoWCgVHcmFwaBINCgVsZXZlbBgBIAEoBRq6BQoEQ3VkYRIOCgZncmFw' +
      'aHMYASABKAgSGAoQYnVzeV93YWl0X2V2ZW50cxgCIAEoCBJFCgpncmFwaF9zcGVjGAMgAygLMjEuaW5mZXJlbmNl' +
      'Lk1vZGVsT3B0aW1pemF0aW9uUG9saWN5LkN1ZGEuR3JhcGhTcGVjEhoKEm91dHB1dF9jb3B5X3N0cmVhbRgEIAEo' +
      'CBqkBAoJR3JhcGhTcGVjEhIKCmJhdGNoX3NpemUYASABKAUSSwoFaW5wdXQYAiADKAsyPC5pbmZlcmVuY2UuTW9k' +
      'ZWxPcHRpbWl6YXRpb25Qb2xpY3kuQ3VkYS5HcmFwaFNwZWMuSW5wdXRFbnRyeRJXChFncmFwaF9sb3dlcl9ib3Vu' +
      'ZBgDIAEoCzI8LmluZmVyZW5jZS5Nb2RlbE9wdGltaXphdGlvblBvbGljeS5DdWRhLkdyYXBoU3BlYy5Mb3dlckJv' +
      'dW5kGhQKBVNoYXBlEgsKA2RpbRgBIAMoAxrfAQoKTG93ZXJCb3VuZBISCgpiYXRjaF9zaXplGAEgASgFElYKBWlu' +
      'cHV0GAIgAygLMkcuaW5mZXJlbmNlLk1vZGVsT3B0aW1pemF0aW9uUG9saWN5LkN1ZGEuR3JhcGhTcGVjLkxvd2Vy' +
      'Qm91bmQuSW5wdXRFbnRyeRplCgpJbnB1dEVudHJ5EgsKA2tleRgBIAEoCRJGCgV2YWx1ZRgCIAEoCzI3LmluZmVy' +
      'ZW5jZS5Nb2RlbE9wdGltaXphdGlvblBvbGljeS5DdWRhLkdyYXBoU3BlYy5TaGFwZToCOAEaZQoKSW5wdXRFbnRy' +
      'eRILCgNrZXkYASABKAkSRgoFdmFsdWUYAiABKAsyNy5pbmZlcmVuY2UuTW9kZWxPcHRpbWl6YXRpb25Qb2xpY3ku' +
      'Q3VkYS5HcmFwaFNwZWMuU2hhcGU6AjgBGqQDChVFeGVjdXRpb25BY2NlbGVyYXRvcnMSZwoZZ3B1X2V4ZWN1dGlv' +
      'bl9hY2NlbGVyYXRvchgBIAMoCzJELmluZmVyZW5jZS5Nb2RlbE9wdGltaXphdGlvblBvbGljeS5FeGVjdXRpb25B' +
      'Y2NlbGVyYXRvcnMuQWNjZWxlcmF0b3ISZwoZY3B1X2V4ZWN1dGlvbl9hY2NlbGVyYXRvchgCIAMoCzJELmluZmVy' +
      'ZW5jZS5Nb2RlbE9wdGltaXphdGlvblBvbGljeS5FeGVjdXRpb25BY2NlbGVyYXRvcnMuQWNjZWxlcmF0b3IauAEK' +
      'C0FjY2VsZXJhdG9yEgwKBG5hbWUYASABKAkSaAoKcGFyYW1ldGVycxgCIAMoCzJULmluZmVyZW5jZS5Nb2RlbE9w' +
      'dGltaXphdGlvblBvbGljeS5FeGVjdXRpb25BY2NlbGVyYXRvcnMuQWNjZWxlcmF0b3IuUGFyYW1ldGVyc0VudHJ5' +
      'GjEKD1BhcmFtZXRlcnNFbnRyeRILCgNrZXkYASABKAkSDQoFdmFsdWUYAiABKAk6AjgBGiQKElBpbm5lZE1lbW9y' +
      'eUJ1ZmZlchIOCgZlbmFibGUYASABKAgiSQoNTW9kZWxQcmlvcml0eRIUChBQUklPUklUWV9ERUZBVUxUEAASEAoM' +
      'UFJJT1JJVFlfTUFYEAESEAoMUFJJT1JJVFlfTUlOEAIi2wEKEE1vZGVsUXVldWVQb2xpY3kSQQoOdGltZW91dF9h' +
      'Y3Rpb24YASABKA4yKS5pbmZlcmVuY2UuTW9kZWxRdWV1ZVBvbGljeS5UaW1lb3V0QWN0aW9uEiQKHGRlZmF1bHRf' +
      'dGltZW91dF9taWNyb3NlY29uZHMYAiABKAQSHgoWYWxsb3dfdGltZW91dF9vdmVycmlkZRgDIAEoCBIWCg5tYXhf' +
      'cXVldWVfc2l6ZRgEIAEoDSImCg1UaW1lb3V0QWN0aW9uEgoKBlJFSkVDVBAAEgkKBURFTEFZEAEimwMKFE1vZGVs' +
      'RHluYW1pY0JhdGNoaW5nEhwKFHByZWZlcnJlZF9iYXRjaF9zaXplGAEgAygFEiQKHG1heF9xdWV1ZV9kZWxheV9t' +
      'aWNyb3NlY29uZHMYAiABKAQSGQoRcHJlc2VydmVfb3JkZXJpbmcYAyABKAgSFwoPcHJpb3JpdHlfbGV2ZWxzGAQg' +
      'ASgEEh4KFmRlZmF1bHRfcHJpb3JpdHlfbGV2ZWwYBSABKAQSOQoUZGVmYXVsdF9xdWV1ZV9wb2xpY3kYBiABKAsy' +
      'Gy5pbmZlcmVuY2UuTW9kZWxRdWV1ZVBvbGljeRJXChVwcmlvcml0eV9xdWV1ZV9wb2xpY3kYByADKAsyOC5pbmZl' +
      'cmVuY2UuTW9kZWxEeW5hbWljQmF0Y2hpbmcuUHJpb3JpdHlRdWV1ZVBvbGljeUVudHJ5GlcKGFByaW9yaXR5UXVl' +
      'dWVQb2xpY3lFbnRyeRILCgNrZXkYASABKAQSKgoFdmFsdWUYAiABKAsyGy5pbmZlcmVuY2UuTW9kZWxRdWV1ZVBv' +
      'bGljeToCOAEi7goKFU1vZGVsU2VxdWVuY2VCYXRjaGluZxJBCgZkaXJlY3QYAyABKAsyLy5pbmZlcmVuY2UuTW9k' +
      'ZWxTZXF1ZW5jZUJhdGNoaW5nLlN0cmF0ZWd5RGlyZWN0SAASQQoGb2xkZXN0GAQgASgLMi8uaW5mZXJlbmNlLk1v' +
      'ZGVsU2VxdWVuY2VCYXRjaGluZy5TdHJhdGVneU9sZGVzdEgAEiYKHm1heF9zZXF1ZW5jZV9pZGxlX21pY3Jvc2Vj' +
      'b25kcxgBIAEoBBJECg1jb250cm9sX2lucHV0GAIgAygLMi0uaW5mZXJlbmNlLk1vZGVsU2VxdWVuY2VCYXRjaGlu' +
      'Zy5Db250cm9sSW5wdXQSNQoFc3RhdGUYBSADKAsyJi5pbmZlcmVuY2UuTW9kZWxTZXF1ZW5jZUJhdGNoaW5nLlN0' +
      'YXRlEhoKEml0ZXJhdGl2ZV9zZXF1ZW5jZRgGIAEoCBqxAgoHQ29udHJvbBI7CgRraW5kGAEgASgOMi0uaW5mZXJl' +
      'bmNlLk1vZGVsU2VxdWVuY2VCYXRjaGluZy5Db250cm9sLktpbmQSGAoQaW50MzJfZmFsc2VfdHJ1ZRgCIAMoBRIX' +
      'Cg9mcDMyX2ZhbHNlX3RydWUYAyADKAISFwoPYm9vbF9mYWxzZV90cnVlGAUgAygIEiYKCWRhdGFfdHlwZRgEIAEo' +
      'DjITLmluZmVyZW5jZS5EYXRhVHlwZSJ1CgRLaW5kEhoKFkNPTlRST0xfU0VRVUVOQ0VfU1RBUlQQABIaChZDT05U' +
      'Uk9MX1NFUVVFTkNFX1JFQURZEAESGAoUQ09OVFJPTF9TRVFVRU5DRV9FTkQQAhIbChdDT05UUk9MX1NFUVVFTkNF' +
      'X0NPUlJJRBADGlcKDENvbnRyb2xJbnB1dBIMCgRuYW1lGAEgASgJEjkKB2NvbnRyb2wYAiADKAsyKC5pbmZlcmVu' +
      'Y2UuTW9kZWxTZXF1ZW5jZUJhdGNoaW5nLkNvbnRyb2waigEKDEluaXRpYWxTdGF0ZRImCglkYXRhX3R5cGUYASAB' +
      'KA4yEy5pbmZlcmVuY2UuRGF0YVR5cGUSDAoEZGltcxgCIAMoAxITCgl6ZXJvX2RhdGEYAyABKAhIABITCglkYXRh' +
      'X2ZpbGUYBCABKAlIABIMCgRuYW1lGAUgASgJQgwKCnN0YXRlX2RhdGEa8wEKBVN0YXRlEhIKCmlucHV0X25hbWUY' +
      'ASABKAkSEwoLb3V0cHV0X25hbWUYAiABKAkSJgoJZGF0YV90eXBlGAMgASgOMhMuaW5mZXJlbmNlLkRhdGFUeXBl' +
      'EgwKBGRpbXMYBCADKAMSRAoNaW5pdGlhbF9zdGF0ZRgFIAMoCzItLmluZmVyZW5jZS5Nb2RlbFNlcXVlbmNlQmF0' +
      'Y2hpbmcuSW5pdGlhbFN0YXRlEigKIHVzZV9zYW1lX2J1ZmZlcl9mb3JfaW5wdXRfb3V0cHV0GAYgASgIEhsKE3Vz' +
      'ZV9ncm93YWJsZV9tZW1vcnkYByABKAgaWAoOU3RyYXRlZ3lEaXJlY3QSJAocbWF4X3F1ZXVlX2RlbGF5X21pY3Jv' +
      'c2Vjb25kcxgBIAEoBBIgChhtaW5pbXVtX3Nsb3RfdXRpbGl6YXRpb24YAiABKAIakAEKDlN0cmF0ZWd5T2xkZXN0' +
      'Eh8KF21heF9jYW5kaWRhdGVfc2VxdWVuY2VzGAEgASgFEhwKFHByZWZlcnJlZF9iYXRjaF9zaXplGAIgAygFEiQK' +
      'HG1heF9xdWV1ZV9kZWxheV9taWNyb3NlY29uZHMYAyABKAQSGQoRcHJlc2VydmVfb3JkZXJpbmcYBCABKAhCEQoP' +
      'c3RyYXRlZ3lfY2hvaWNlIpUDCg9Nb2RlbEVuc2VtYmxpbmcSLQoEc3RlcBgBIAMoCzIfLmluZmVyZW5jZS5Nb2Rl' +
      'bEVuc2VtYmxpbmcuU3RlcBIdChVtYXhfaW5mbGlnaHRfcmVxdWVzdHMYAiABKA0aswIKBFN0ZXASEgoKbW9kZWxf' +
      'bmFtZRgBIAEoCRIVCg1tb2RlbF92ZXJzaW9uGAIgASgDEkAKCWlucHV0X21hcBgDIAMoCzItLmluZmVyZW5jZS5N' +
      'b2RlbEVuc2VtYmxpbmcuU3RlcC5JbnB1dE1hcEVudHJ5EkIKCm91dHB1dF9tYXAYBCADKAsyLi5pbmZlcmVuY2Uu' +
      'TW9kZWxFbnNlbWJsaW5nLlN0ZXAuT3V0cHV0TWFwRW50cnkSFwoPbW9kZWxfbmFtZXNwYWNlGAUgASgJGi8KDUlu' +
      'cHV0TWFwRW50cnkSCwoDa2V5GAEgASgJEg0KBXZhbHVlGAIgASgJOgI4ARowCg5PdXRwdXRNYXBFbnRyeRILCgNr' +
      'ZXkYASABKAkSDQoFdmFsdWUYAiABKAk6AjgBIiYKDk1vZGVsUGFyYW1ldGVyEhQKDHN0cmluZ192YWx1ZRgBIAEo' +
      'CSLZAgoLTW9kZWxXYXJtdXASDAoEbmFtZRgBIAEoCRISCgpiYXRjaF9zaXplGAIgASgNEjIKBmlucHV0cxgDIAMo' +
      'CzIiLmluZmVyZW5jZS5Nb2RlbFdhcm11cC5JbnB1dHNFbnRyeRINCgVjb3VudBgEIAEoDRqXAQoFSW5wdXQSJgoJ' +
      'ZGF0YV90eXBlGAEgASgOMhMuaW5mZXJlbmNlLkRhdGFUeXBlEgwKBGRpbXMYAiADKAMSEwoJemVyb19kYXRhGAMg' +
      'ASgISAASFQoLcmFuZG9tX2RhdGEYBCABKAhIABIZCg9pbnB1dF9kYXRhX2ZpbGUYBSABKAlIAEIRCg9pbnB1dF9k' +
      'YXRhX3R5cGUaSwoLSW5wdXRzRW50cnkSCwoDa2V5GAEgASgJEisKBXZhbHVlGAIgASgLMhwuaW5mZXJlbmNlLk1v' +
      'ZGVsV2FybXVwLklucHV0OgI4ASIuCg9Nb2RlbE9wZXJhdGlvbnMSGwoTb3BfbGlicmFyeV9maWxlbmFtZRgBIAMo' +
      'CSIrChZNb2RlbFRyYW5zYWN0aW9uUG9saWN5EhEKCWRlY291cGxlZBgBIAEoCCLmAQoVTW9kZWxSZXBvc2l0b3J5' +
      'QWdlbnRzEjYKBmFnZW50cxgBIAMoCzImLmluZmVyZW5jZS5Nb2RlbFJlcG9zaXRvcnlBZ2VudHMuQWdlbnQalAEK' +
      'BUFnZW50EgwKBG5hbWUYASABKAkSSgoKcGFyYW1ldGVycxgCIAMoCzI2LmluZmVyZW5jZS5Nb2RlbFJlcG9zaXRv' +
      'cnlBZ2VudHMuQWdlbnQuUGFyYW1ldGVyc0VudHJ5GjEKD1BhcmFtZXRlcnNFbnRyeRILCgNrZXkYASABKAkSDQoF' +
      'dmFsdWUYAiABKAk6AjgBIiQKEk1vZGVsUmVzcG9uc2VDYWNoZRIOCgZlbmFibGUYASABKAgi4gIKDE1vZGVsTWV0' +
      'cmljcxI9Cg5tZXRyaWNfY29udHJvbBgBIAMoCzIlLmluZmVyZW5jZS5Nb2RlbE1ldHJpY3MuTWV0cmljQ29udHJv' +
      'bBqSAgoNTWV0cmljQ29udHJvbBJRChFtZXRyaWNfaWRlbnRpZmllchgBIAEoCzI2LmluZmVyZW5jZS5Nb2RlbE1l' +
      'dHJpY3MuTWV0cmljQ29udHJvbC5NZXRyaWNJZGVudGlmaWVyElMKEWhpc3RvZ3JhbV9vcHRpb25zGAIgASgLMjYu' +
      'aW5mZXJlbmNlLk1vZGVsTWV0cmljcy5NZXRyaWNDb250cm9sLkhpc3RvZ3JhbU9wdGlvbnNIABoiChBNZXRyaWNJ' +
      'ZGVudGlmaWVyEg4KBmZhbWlseRgBIAEoCRojChBIaXN0b2dyYW1PcHRpb25zEg8KB2J1Y2tldHMYASADKAFCEAoO' +
      'bWV0cmljX29wdGlvbnMi8woKC01vZGVsQ29uZmlnEgwKBG5hbWUYASABKAkSEAoIcGxhdGZvcm0YAiABKAkSDwoH' +
      'YmFja2VuZBgRIAEoCRIPCgdydW50aW1lGBkgASgJEjUKDnZlcnNpb25fcG9saWN5GAMgASgLMh0uaW5mZXJlbmNl' +
      'Lk1vZGVsVmVyc2lvblBvbGljeRIWCg5tYXhfYmF0Y2hfc2l6ZRgEIAEoBRIkCgVpbnB1dBgFIAMoCzIVLmluZmVy' +
      'ZW5jZS5Nb2RlbElucHV0EiYKBm91dHB1dBgGIAMoCzIWLmluZmVyZW5jZS5Nb2RlbE91dHB1dBIqCgtiYXRjaF9p' +
      'bnB1dBgUIAMoCzIVLmluZmVyZW5jZS5CYXRjaElucHV0EiwKDGJhdGNoX291dHB1dBgVIAMoCzIWLmluZmVyZW5j' +
      'ZS5CYXRjaE91dHB1dBI4CgxvcHRpbWl6YXRpb24YDCABKAsyIi5pbmZlcmVuY2UuTW9kZWxPcHRpbWl6YXRpb25Q' +
      'b2xpY3kSOwoQZHluYW1pY19iYXRjaGluZxgLIAEoCzIfLmluZmVyZW5jZS5Nb2RlbER5bmFtaWNCYXRjaGluZ0gA' +
      'Ej0KEXNlcXVlbmNlX2JhdGNoaW5nGA0gASgLMiAuaW5mZXJlbmNlLk1vZGVsU2VxdWVuY2VCYXRjaGluZ0gAEjkK' +
      'E2Vuc2VtYmxlX3NjaGVkdWxpbmcYDyABKAsyGi5pbmZlcmVuY2UuTW9kZWxFbnNlbWJsaW5nSAASNQoOaW5zdGFu' +
      'Y2VfZ3JvdXAYByADKAsyHS5pbmZlcmVuY2UuTW9kZWxJbnN0YW5jZUdyb3VwEh4KFmRlZmF1bHRfbW9kZWxfZmls' +
      'ZW5hbWUYCCABKAkSSAoSY2NfbW9kZWxfZmlsZW5hbWVzGAkgAygLMiwuaW5mZXJlbmNlLk1vZGVsQ29uZmlnLkNj' +
      'TW9kZWxGaWxlbmFtZXNFbnRyeRI7CgttZXRyaWNfdGFncxgKIAMoCzImLmluZmVyZW5jZS5Nb2RlbENvbmZpZy5N' +
      'ZXRyaWNUYWdzRW50cnkSOgoKcGFyYW1ldGVycxgOIAMoCzImLmluZmVyZW5jZS5Nb2RlbENvbmZpZy5QYXJhbWV0' +
      'ZXJzRW50cnkSLAoMbW9kZWxfd2FybXVwGBAgAygLMhYuaW5mZXJlbmNlLk1vZGVsV2FybXVwEjQKEG1vZGVsX29w' +
      'ZXJhdGlvbnMYEiABKAsyGi5pbmZlcmVuY2UuTW9kZWxPcGVyYXRpb25zEkMKGG1vZGVsX3RyYW5zYWN0aW9uX3Bv' +
      'bGljeRgTIAEoCzIhLmluZmVyZW5jZS5Nb2RlbFRyYW5zYWN0aW9uUG9saWN5EkEKF21vZGVsX3JlcG9zaXRvcnlf' +
      'YWdlbnRzGBcgASgLMiAuaW5mZXJlbmNlLk1vZGVsUmVwb3NpdG9yeUFnZW50cxI1Cg5yZXNwb25zZV9jYWNoZRgY' +
      'IAEoCzIdLmluZmVyZW5jZS5Nb2RlbFJlc3BvbnNlQ2FjaGUSLgoNbW9kZWxfbWV0cmljcxgaIAEoCzIXLmluZmVy' +
      'ZW5jZS5Nb2RlbE1ldHJpY3MaNwoVQ2NNb2RlbEZpbGVuYW1lc0VudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgC' +
      'IAEoCToCOAEaMQoPTWV0cmljVGFnc0VudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoCToCOAEaTAoPUGFy' +
      'YW1ldGVyc0VudHJ5EgsKA2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLmluZmVyZW5jZS5Nb2RlbFBhcmFtZXRl' +
      'cjoCOAFCEwoRc2NoZWR1bGluZ19jaG9pY2Uq+gEKCERhdGFUeXBlEhAKDFRZUEVfSU5WQUxJRBAAEg0KCVRZUEVf' +
      'Qk9PTBABEg4KClRZUEVfVUlOVDgQAhIPCgtUWVBFX1VJTlQxNhADEg8KC1RZUEVfVUlOVDMyEAQSDwoLVFlQRV9V' +
      'SU5UNjQQBRINCglUWVBFX0lOVDgQBhIOCgpUWVBFX0lOVDE2EAcSDgoKVFlQRV9JTlQzMhAIEg4KClRZUEVfSU5U' +
      'NjQQCRINCglUWVBFX0ZQMTYQChINCglUWVBFX0ZQMzIQCxINCglUWVBFX0ZQNjQQDBIPCgtUWVBFX1NUUklORxAN' +
      'Eg0KCVRZUEVfQkYxNhAOYgZwcm90bzM=',
  },
  {
    name: 'grpc_service.proto',
    dependencies: ['model_config.proto'],
    symbols: [
      'inference.GRPCInferenceService',
      'inference.GRPCInferenceService.ServerLive',
      'inference.GRPCInferenceService.ServerReady',
      'inference.GRPCInferenceService.ModelReady',
      'inference.GRPCInferenceService.ServerMetadata',
      'inference.GRPCInferenceService.ModelMetadata',
      'inference.GRPCInferenceService.ModelInfer',
      'inference.GRPCInferenceService.ModelStreamInfer',
      'inference.GRPCInferenceService.ModelConfig',
      'inference.GRPCInferenceService.ModelStatistics',
      'inference.GRPCInferenceService.RepositoryIndex',
      'inference.GRPCInferenceService.RepositoryModelLoad',
      'inference.GRPCInferenceService.RepositoryModelUnload',
      'inference.GRPCInferenceService.SystemSharedMemoryStatus',
      'inference.GRPCInferenceService.SystemSharedMemoryRegister',
      'inference.GRPCInferenceService.SystemSharedMemoryUnregister',
      'inference.GRPCInferenceService.CudaSharedMemoryStatus',
      'inference.GRPCInferenceService.CudaSharedMemoryRegister',
      'inference.GRPCInferenceService.CudaSharedMemoryUnregister',
      'inference.GRPCInferenceService.TraceSetting',
      'inference.GRPCInferenceService.LogSettings',
      'inference.ServerLiveRequest',
      'inference.ServerLiveResponse',
      'inference.ServerReadyRequest',
      'inference.ServerReadyResponse',
      'inference.ModelReadyRequest',
      'inference.ModelReadyResponse',
      'inference.ServerMetadataRequest',
      'inference.ServerMetadataResponse',
      'inference.ModelMetadataRequest',
      'inference.ModelMetadataResponse',
      'inference.ModelMetadataResponse.TensorMetadata',
      'inference.InferParameter',
      'inference.InferTensorContents',
      'inference.ModelInferRequest',
      'inference.ModelInferRequest.InferInputTensor',
      'inference.ModelInferRequest.InferRequestedOutputTensor',
      'inference.ModelInferResponse',
      'inference.ModelInferResponse.InferOutputTensor',
      'inference.ModelStreamInferResponse',
      'inference.ModelConfigRequest',
      'inference.ModelConfigResponse',
      'inference.ModelStatisticsRequest',
      'inference.StatisticDuration',
      'inference.InferStatistics',
      'inference.InferResponseStatistics',
      'inference.InferBatchStatistics',
      'inference.MemoryUsage',
      'inference.ModelStatistics',
      'inference.ModelStatisticsResponse',
      'inference.ModelRepositoryParameter',
      'inference.RepositoryIndexRequest',
      'inference.RepositoryIndexResponse',
      'inference.RepositoryIndexResponse.ModelIndex',
      'inference.RepositoryModelLoadRequest',
      'inference.RepositoryModelLoadResponse',
      'inference.RepositoryModelUnloadRequest',
      'inference.RepositoryModelUnloadResponse',
      'inference.SystemSharedMemoryStatusRequest',
      'inference.SystemSharedMemoryStatusResponse',
      'inference.SystemSharedMemoryStatusResponse.RegionStatus',
      'inference.SystemSharedMemoryRegisterRequest',
      'inference.SystemSharedMemoryRegisterResponse',
      'inference.SystemSharedMemoryUnregisterRequest',
      'inference.SystemSharedMemoryUnregisterResponse',
      'inference.CudaSharedMemoryStatusRequest',
      'inference.CudaSharedMemoryStatusResponse',
      'inference.CudaSharedMemoryStatusResponse.RegionStatus',
      'inference.CudaSharedMemoryRegisterRequest',
      'inference.CudaSharedMemoryRegisterResponse',
      'inference.CudaSharedMemoryUnregisterRequest',
      'inference.CudaSharedMemoryUnregisterResponse',
      'inference.TraceSettingRequest',
      'inference.TraceSettingRequest.SettingValue',
      'inference.TraceSettingResponse',
      'inference.TraceSettingResponse.SettingValue',
      'inference.LogSettingsRequest',
      'inference.LogSettingsRequest.SettingValue',
      'inference.LogSettingsResponse',
      'inference.LogSettingsResponse.SettingValue',
    ],
    base64:
      'ChJncnBjX3NlcnZpY2UucHJvdG8SCWluZmVyZW5jZRoSbW9kZWxfY29uZmlnLnByb3RvIhMKEVNlcnZlckxpdmVS' +
      'ZXF1ZXN0IiIKElNlcnZlckxpdmVSZXNwb25zZRIMCgRsaXZlGAEgASgIIhQKElNlcnZlclJlYWR5UmVxdWVzdCIk' +
      'ChNTZXJ2ZXJSZWFkeVJlc3BvbnNlEg0KBXJlYWR5GAEgASgIIjIKEU1vZGVsUmVhZHlSZXF1ZXN0EgwKBG5hbWUY' +
      'ASABKAkSDwoHdmVyc2lvbhgCIAEoCSIjChJNb2RlbFJlYWR5UmVzcG9uc2USDQoFcmVhZHkYASABKAgiFwoVU2Vy' +
      'dmVyTWV0YWRhdGFSZXF1ZXN0IksKFlNlcnZlck1ldGFkYXRhUmVzcG9uc2USDAoEbmFtZRgBIAEoCRIPCgd2ZXJz' +
      'aW9uGAIgASgJEhIKCmV4dGVuc2lvbnMYAyADKAkiNQoUTW9kZWxNZXRhZGF0YVJlcXVlc3QSDAoEbmFtZRgBIAEo' +
      'CRIPCgd2ZXJzaW9uGAIgASgJIo0CChVNb2RlbE1ldGFkYXRhUmVzcG9uc2USDAoEbmFtZRgBIAEoCRIQCgh2ZXJz' +
      'aW9ucxgCIAMoCRIQCghwbGF0Zm9ybRgDIAEoCRI/CgZpbnB1dHMYBCADKAsyLy5pbmZlcmVuY2UuTW9kZWxNZXRh' +
      'ZGF0YVJlc3BvbnNlLlRlbnNvck1ldGFkYXRhEkAKB291dHB1dHMYBSADKAsyLy5pbmZlcmVuY2UuTW9kZWxNZXRh' +
      'ZGF0YVJlc3BvbnNlLlRlbnNvck1ldGFkYXRhGj8KDlRlbnNvck1ldGFkYXRhEgwKBG5hbWUYASABKAkSEAoIZGF0' +
      'YXR5cGUYAiABKAkSDQoFc2hhcGUYAyADKAMimQEKDkluZmVyUGFyYW1ldGVyEhQKCmJvb2xfcGFyYW0YASABKAhI' +
      'ABIVCgtpbnQ2NF9wYXJhbRgCIAEoA0gAEhYKDHN0cmluZ19wYXJhbRgDIAEoCUgAEhYKDGRvdWJsZV9wYXJhbRgE' +
      'IAEoAUgAEhYKDHVpbnQ2NF9wYXJhbRgFIAEoBEgAQhIKEHBhcmFtZXRlcl9jaG9pY2Ui0AEKE0luZmVyVGVuc29y' +
      'Q29udGVudHMSFQoNYm9vbF9jb250ZW50cxgBIAMoCBIUCgxpbnRfY29udGVudHMYAiADKAUSFgoOaW50NjRfY29u' +
      'dGVudHMYAyADKAMSFQoNdWludF9jb250ZW50cxgEIAMoDRIXCg91aW50NjRfY29udGVudHMYBSADKAQSFQoNZnAz' +
      'Ml9jb250ZW50cxgGIAMoAhIVCg1mcDY0X2NvbnRlbnRzGAcgAygBEhYKDmJ5dGVzX2NvbnRlbnRzGAggAygMIu4G' +
      'ChFNb2RlbEluZmVyUmVxdWVzdBISCgptb2RlbF9uYW1lGAEgASgJEhUKDW1vZGVsX3ZlcnNpb24YAiABKAkSCgoC' +
      'aWQYAyABKAkSQAoKcGFyYW1ldGVycxgEIAMoCzIsLmluZmVyZW5jZS5Nb2RlbEluZmVyUmVxdWVzdC5QYXJhbWV0' +
      'ZXJzRW50cnkSPQoGaW5wdXRzGAUgAygLMi0uaW5mZXJlbmNlLk1vZGVsSW5mZXJSZXF1ZXN0LkluZmVySW5wdXRU' +
      'ZW5zb3ISSAoHb3V0cHV0cxgGIAMoCzI3LmluZmVyZW5jZS5Nb2RlbEluZmVyUmVxdWVzdC5JbmZlclJlcXVlc3Rl' +
      'ZE91dHB1dFRlbnNvchIaChJyYXdfaW5wdXRfY29udGVudHMYByADKAwalAIKEEluZmVySW5wdXRUZW5zb3ISDAoE' +
      'bmFtZRgBIAEoCRIQCghkYXRhdHlwZRgCIAEoCRINCgVzaGFwZRgDIAMoAxJRCgpwYXJhbWV0ZXJzGAQgAygLMj0u' +
      'aW5mZXJlbmNlLk1vZGVsSW5mZXJSZXF1ZXN0LkluZmVySW5wdXRUZW5zb3IuUGFyYW1ldGVyc0VudHJ5EjAKCGNv' +
      'bnRlbnRzGAUgASgLMh4uaW5mZXJlbmNlLkluZmVyVGVuc29yQ29udGVudHMaTAoPUGFyYW1ldGVyc0VudHJ5EgsK' +
      'A2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLmluZmVyZW5jZS5JbmZlclBhcmFtZXRlcjoCOAEa1QEKGkluZmVy' +
      'UmVxdWVzdGVkT3V0cHV0VGVuc29yEgwKBG5hbWUYASABKAkSWwoKcGFyYW1ldGVycxgCIAMoCzJHLmluZmVyZW5j' +
      'ZS5Nb2RlbEluZmVyUmVxdWVzdC5JbmZlclJlcXVlc3RlZE91dHB1dFRlbnNvci5QYXJhbWV0ZXJzRW50cnkaTAoP' +
      'UGFyYW1ldGVyc0VudHJ5EgsKA2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLmluZmVyZW5jZS5JbmZlclBhcmFt' +
      'ZXRlcjoCOAEaTAoPUGFyYW1ldGVyc0VudHJ5EgsKA2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLmluZmVyZW5j' +
      'ZS5JbmZlclBhcmFtZXRlcjoCOAEi1QQKEk1vZGVsSW5mZXJSZXNwb25zZRISCgptb2RlbF9uYW1lGAEgASgJEhUK' +
      'DW1vZGVsX3ZlcnNpb24YAiABKAkSCgoCaWQYAyABKAkSQQoKcGFyYW1ldGVycxgEIAMoCzItLmluZmVyZW5jZS5N' +
      'b2RlbEluZmVyUmVzcG9uc2UuUGFyYW1ldGVyc0VudHJ5EkAKB291dHB1dHMYBSADKAsyLy5pbmZlcmVuY2UuTW9k' +
      'ZWxJbmZlclJlc3BvbnNlLkluZmVyT3V0cHV0VGVuc29yEhsKE3Jhd19vdXRwdXRfY29udGVudHMYBiADKAwalwIK' +
      'EUluZmVyT3V0cHV0VGVuc29yEgwKBG5hbWUYASABKAkSEAoIZGF0YXR5cGUYAiABKAkSDQoFc2hhcGUYAyADKAMS' +
      'UwoKcGFyYW1ldGVycxgEIAMoCzI/LmluZmVyZW5jZS5Nb2RlbEluZmVyUmVzcG9uc2UuSW5mZXJPdXRwdXRUZW5z' +
      'b3IuUGFyYW1ldGVyc0VudHJ5EjAKCGNvbnRlbnRzGAUgASgLMh4uaW5mZXJlbmNlLkluZmVyVGVuc29yQ29udGVu' +
      'dHMaTAoPUGFyYW1ldGVyc0VudHJ5EgsKA2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLmluZmVyZW5jZS5JbmZl' +
      'clBhcmFtZXRlcjoCOAEaTAoPUGFyYW1ldGVyc0VudHJ5EgsKA2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLmlu' +
      'ZmVyZW5jZS5JbmZlclBhcmFtZXRlcjoCOAEiaAoYTW9kZWxTdHJlYW1JbmZlclJlc3BvbnNlEhUKDWVycm9yX21l' +
      'c3NhZ2UYASABKAkSNQoOaW5mZXJfcmVzcG9uc2UYAiABKAsyHS5pbmZlcmVuY2UuTW9kZWxJbmZlclJlc3BvbnNl' +
      'IjMKEk1vZGVsQ29uZmlnUmVxdWVzdBIMCgRuYW1lGAEgASgJEg8KB3ZlcnNpb24YAiABKAkiPQoTTW9kZWxDb25m' +
      'aWdSZXNwb25zZRImCgZjb25maWcYASABKAsyFi5pbmZlcmVuY2UuTW9kZWxDb25maWciNwoWTW9kZWxTdGF0aXN0' +
      'aWNzUmVxdWVzdBIMCgRuYW1lGAEgASgJEg8KB3ZlcnNpb24YAiABKAkiLgoRU3RhdGlzdGljRHVyYXRpb24SDQoF' +
      'Y291bnQYASABKAQSCgoCbnMYAiABKAQinAMKD0luZmVyU3RhdGlzdGljcxItCgdzdWNjZXNzGAEgASgLMhwuaW5m' +
      'ZXJlbmNlLlN0YXRpc3RpY0R1cmF0aW9uEioKBGZhaWwYAiABKAsyHC5pbmZlcmVuY2UuU3RhdGlzdGljRHVyYXRp' +
      'b24SKwoFcXVldWUYAyABKAsyHC5pbmZlcmVuY2UuU3RhdGlzdGljRHVyYXRpb24SMwoNY29tcHV0ZV9pbnB1dBgE' +
      'IAEoCzIcLmluZmVyZW5jZS5TdGF0aXN0aWNEdXJhdGlvbhIzCg1jb21wdXRlX2luZmVyGAUgASgLMhwuaW5mZXJl' +
      'bmNlLlN0YXRpc3RpY0R1cmF0aW9uEjQKDmNvbXB1dGVfb3V0cHV0GAYgASgLMhwuaW5mZXJlbmNlLlN0YXRpc3Rp' +
      'Y0R1cmF0aW9uEi8KCWNhY2hlX2hpdBgHIAEoCzIcLmluZmVyZW5jZS5TdGF0aXN0aWNEdXJhdGlvbhIwCgpjYWNo' +
      'ZV9taXNzGAggASgLMhwuaW5mZXJlbmNlLlN0YXRpc3RpY0R1cmF0aW9uIsMCChdJbmZlclJlc3BvbnNlU3RhdGlz' +
      'dGljcxIzCg1jb21wdXRlX2luZmVyGAEgASgLMhwuaW5mZXJlbmNlLlN0YXRpc3RpY0R1cmF0aW9uEjQKDmNvbXB1' +
      'dGVfb3V0cHV0GAIgASgLMhwuaW5mZXJlbmNlLlN0YXRpc3RpY0R1cmF0aW9uEi0KB3N1Y2Nlc3MYAyABKAsyHC5p' +
      'bmZlcmVuY2UuU3RhdGlzdGljRHVyYXRpb24SKgoEZmFpbBgEIAEoCzIcLmluZmVyZW5jZS5TdGF0aXN0aWNEdXJh' +
      'dGlvbhI0Cg5lbXB0eV9yZXNwb25zZRgFIAEoCzIcLmluZmVyZW5jZS5TdGF0aXN0aWNEdXJhdGlvbhIsCgZjYW5j' +
      'ZWwYBiABKAsyHC5pbmZlcmVuY2UuU3RhdGlzdGljRHVyYXRpb24iygEKFEluZmVyQmF0Y2hTdGF0aXN0aWNzEhIK' +
      'CmJhdGNoX3NpemUYASABKAQSMwoNY29tcHV0ZV9pbnB1dBgCIAEoCzIcLmluZmVyZW5jZS5TdGF0aXN0aWNEdXJh' +
      'dGlvbhIzCg1jb21wdXRlX2luZmVyGAMgASgLMhwuaW5mZXJlbmNlLlN0YXRpc3RpY0R1cmF0aW9uEjQKDmNvbXB1' +
      'dGVfb3V0cHV0GAQgASgLMhwuaW5mZXJlbmNlLlN0YXRpc3RpY0R1cmF0aW9uIjoKC01lbW9yeVVzYWdlEgwKBHR5' +
      'cGUYASABKAkSCgoCaWQYAiABKAMSEQoJYnl0ZV9zaXplGAMgASgEIrQDCg9Nb2RlbFN0YXRpc3RpY3MSDAoEbmFt' +
      'ZRgBIAEoCRIPCgd2ZXJzaW9uGAIgASgJEhYKDmxhc3RfaW5mZXJlbmNlGAMgASgEEhcKD2luZmVyZW5jZV9jb3Vu' +
      'dBgEIAEoBBIXCg9leGVjdXRpb25fY291bnQYBSABKAQSMwoPaW5mZXJlbmNlX3N0YXRzGAYgASgLMhouaW5mZXJl' +
      'bmNlLkluZmVyU3RhdGlzdGljcxI0CgtiYXRjaF9zdGF0cxgHIAMoCzIfLmluZmVyZW5jZS5JbmZlckJhdGNoU3Rh' +
      'dGlzdGljcxIsCgxtZW1vcnlfdXNhZ2UYCCADKAsyFi5pbmZlcmVuY2UuTWVtb3J5VXNhZ2USRQoOcmVzcG9uc2Vf' +
      'c3RhdHMYCSADKAsyLS5pbmZlcmVuY2UuTW9kZWxTdGF0aXN0aWNzLlJlc3BvbnNlU3RhdHNFbnRyeRpYChJSZXNw' +
      'b25zZVN0YXRzRW50cnkSCwoDa2V5GAEgASgJEjEKBXZhbHVlGAIgASgLMiIuaW5mZXJlbmNlLkluZmVyUmVzcG9u' +
      'c2VTdGF0aXN0aWNzOgI4ASJKChdNb2RlbFN0YXRpc3RpY3NSZXNwb25zZRIvCgttb2RlbF9zdGF0cxgBIAMoCzIa' +
      'LmluZmVyZW5jZS5Nb2RlbFN0YXRpc3RpY3MiigEKGE1vZGVsUmVwb3NpdG9yeVBhcmFtZXRlchIUCgpib29sX3Bh' +
      'cmFtGAEgASgISAASFQoLaW50NjRfcGFyYW0YAiABKANIABIWCgxzdHJpbmdfcGFyYW0YAyABKAlIABIVCgtieXRl' +
      'c19wYXJhbRgEIAEoDEgAQhIKEHBhcmFtZXRlcl9jaG9pY2UiQAoWUmVwb3NpdG9yeUluZGV4UmVxdWVzdBIXCg9y' +
      'ZXBvc2l0b3J5X25hbWUYASABKAkSDQoFcmVhZHkYAiABKAgipAEKF1JlcG9zaXRvcnlJbmRleFJlc3BvbnNlEj0K' +
      'Bm1vZGVscxgBIAMoCzItLmluZmVyZW5jZS5SZXBvc2l0b3J5SW5kZXhSZXNwb25zZS5Nb2RlbEluZGV4GkoKCk1v' +
      'ZGVsSW5kZXgSDAoEbmFtZRgBIAEoCRIPCgd2ZXJzaW9uGAIgASgJEg0KBXN0YXRlGAMgASgJEg4KBnJlYXNvbhgE' +
      'IAEoCSLsAQoaUmVwb3NpdG9yeU1vZGVsTG9hZFJlcXVlc3QSFwoPcmVwb3NpdG9yeV9uYW1lGAEgASgJEhIKCm1v' +
      'ZGVsX25hbWUYAiABKAkSSQoKcGFyYW1ldGVycxgDIAMoCzI1LmluZmVyZW5jZS5SZXBvc2l0b3J5TW9kZWxMb2Fk' +
      'UmVxdWVzdC5QYXJhbWV0ZXJzRW50cnkaVgoPUGFyYW1ldGVyc0VudHJ5EgsKA2tleRgBIAEoCRIyCgV2YWx1ZRgC' +
      'IAEoCzIjLmluZmVyZW5jZS5Nb2RlbFJlcG9zaXRvcnlQYXJhbWV0ZXI6AjgBIh0KG1JlcG9zaXRvcnlNb2RlbExv' +
      'YWRSZXNwb25zZSLwAQocUmVwb3NpdG9yeU1vZGVsVW5sb2FkUmVxdWVzdBIXCg9yZXBvc2l0b3J5X25hbWUYASAB' +
      'KAkSEgoKbW9kZWxfbmFtZRgCIAEoCRJLCgpwYXJhbWV0ZXJzGAMgAygLMjcuaW5mZXJlbmNlLlJlcG9zaXRvcnlN' +
      'b2RlbFVubG9hZFJlcXVlc3QuUGFyYW1ldGVyc0VudHJ5GlYKD1BhcmFtZXRlcnNFbnRyeRILCgNrZXkYASABKAkS' +
      'MgoFdmFsdWUYAiABKAsyIy5pbmZlcmVuY2UuTW9kZWxSZXBvc2l0b3J5UGFyYW1ldGVyOgI4ASIfCh1SZXBvc2l0' +
      'b3J5TW9kZWxVbmxvYWRSZXNwb25zZSIvCh9TeXN0ZW1TaGFyZWRNZW1vcnlTdGF0dXNSZXF1ZXN0EgwKBG5hbWUY' +
      'ASABKAkipQIKIFN5c3RlbVNoYXJlZE1lbW9yeVN0YXR1c1Jlc3BvbnNlEkkKB3JlZ2lvbnMYASADKAsyOC5pbmZl' +
      'cmVuY2UuU3lzdGVtU2hhcmVkTWVtb3J5U3RhdHVzUmVzcG9uc2UuUmVnaW9uc0VudHJ5GkwKDFJlZ2lvblN0YXR1' +
      'cxIMCgRuYW1lGAEgASgJEgsKA2tleRgCIAEoCRIOCgZvZmZzZXQYAyABKAQSEQoJYnl0ZV9zaXplGAQgASgEGmgK' +
      'DFJlZ2lvbnNFbnRyeRILCgNrZXkYASABKAkSRwoFdmFsdWUYAiABKAsyOC5pbmZlcmVuY2UuU3lzdGVtU2hhcmVk' +
      'TWVtb3J5U3RhdHVzUmVzcG9uc2UuUmVnaW9uU3RhdHVzOgI4ASJhCiFTeXN0ZW1TaGFyZWRNZW1vcnlSZWdpc3Rl' +
      'clJlcXVlc3QSDAoEbmFtZRgBIAEoCRILCgNrZXkYAiABKAkSDgoGb2Zmc2V0GAMgASgEEhEKCWJ5dGVfc2l6ZRgE' +
      'IAEoBCIkCiJTeXN0ZW1TaGFyZWRNZW1vcnlSZWdpc3RlclJlc3BvbnNlIjMKI1N5c3RlbVNoYXJlZE1lbW9yeVVu' +
      'cmVnaXN0ZXJSZXF1ZXN0EgwKBG5hbWUYASABKAkiJgokU3lzdGVtU2hhcmVkTWVtb3J5VW5yZWdpc3RlclJlc3Bv' +
      'bnNlIi0KHUN1ZGFTaGFyZWRNZW1vcnlTdGF0dXNSZXF1ZXN0EgwKBG5hbWUYASABKAkilQIKHkN1ZGFTaGFyZWRN' +
      'ZW1vcnlTdGF0dXNSZXNwb25zZRJHCgdyZWdpb25zGAEgAygLMjYuaW5mZXJlbmNlLkN1ZGFTaGFyZWRNZW1vcnlT' +
      'dGF0dXNSZXNwb25zZS5SZWdpb25zRW50cnkaQgoMUmVnaW9uU3RhdHVzEgwKBG5hbWUYASABKAkSEQoJZGV2aWNl' +
      'X2lkGAIgASgEEhEKCWJ5dGVfc2l6ZRgDIAEoBBpmCgxSZWdpb25zRW50cnkSCwoDa2V5GAEgASgJEkUKBXZhbHVl' +
      'GAIgASgLMjYuaW5mZXJlbmNlLkN1ZGFTaGFyZWRNZW1vcnlTdGF0dXNSZXNwb25zZS5SZWdpb25TdGF0dXM6AjgB' +
      'ImkKH0N1ZGFTaGFyZWRNZW1vcnlSZWdpc3RlclJlcXVlc3QSDAoEbmFtZRgBIAEoCRISCgpyYXdfaGFuZGxlGAIg' +
      'ASgMEhEKCWRldmljZV9pZBgDIAEoAxIRCglieXRlX3NpemUYBCABKAQiIgogQ3VkYVNoYXJlZE1lbW9yeVJlZ2lz' +
      'dGVyUmVzcG9uc2UiMQohQ3VkYVNoYXJlZE1lbW9yeVVucmVnaXN0ZXJSZXF1ZXN0EgwKBG5hbWUYASABKAkiJAoi' +
      'Q3VkYVNoYXJlZE1lbW9yeVVucmVnaXN0ZXJSZXNwb25zZSLmAQoTVHJhY2VTZXR0aW5nUmVxdWVzdBI+CghzZXR0' +
      'aW5ncxgBIAMoCzIsLmluZmVyZW5jZS5UcmFjZVNldHRpbmdSZXF1ZXN0LlNldHRpbmdzRW50cnkSEgoKbW9kZWxf' +
      'bmFtZRgCIAEoCRodCgxTZXR0aW5nVmFsdWUSDQoFdmFsdWUYASADKAkaXAoNU2V0dGluZ3NFbnRyeRILCgNrZXkY' +
      'ASABKAkSOgoFdmFsdWUYAiABKAsyKy5pbmZlcmVuY2UuVHJhY2VTZXR0aW5nUmVxdWVzdC5TZXR0aW5nVmFsdWU6' +
      'AjgBItUBChRUcmFjZVNldHRpbmdSZXNwb25zZRI/CghzZXR0aW5ncxgBIAMoCzItLmluZmVyZW5jZS5UcmFjZVNl' +
      'dHRpbmdSZXNwb25zZS5TZXR0aW5nc0VudHJ5Gh0KDFNldHRpbmdWYWx1ZRINCgV2YWx1ZRgBIAMoCRpdCg1TZXR0' +
      'aW5nc0VudHJ5EgsKA2tleRgBIAEoCRI7CgV2YWx1ZRgCIAEoCzIsLmluZmVyZW5jZS5UcmFjZVNldHRpbmdSZXNw' +
      'b25zZS5TZXR0aW5nVmFsdWU6AjgBIpoCChJMb2dTZXR0aW5nc1JlcXVlc3QSPQoIc2V0dGluZ3MYASADKAsyKy5p' +
      'bmZlcmVuY2UuTG9nU2V0dGluZ3NSZXF1ZXN0LlNldHRpbmdzRW50cnkaaAoMU2V0dGluZ1ZhbHVlEhQKCmJvb2xf' +
      'cGFyYW0YASABKAhIABIWCgx1aW50MzJfcGFyYW0YAiABKA1IABIWCgxzdHJpbmdfcGFyYW0YAyABKAlIAEISChBw' +
      'YXJhbWV0ZXJfY2hvaWNlGlsKDVNldHRpbmdzRW50cnkSCwoDa2V5GAEgASgJEjkKBXZhbHVlGAIgASgLMiouaW5m' +
      'ZXJlbmNlLkxvZ1NldHRpbmdzUmVxdWVzdC5TZXR0aW5nVmFsdWU6AjgBIp0CChNMb2dTZXR0aW5nc1Jlc3BvbnNl' +
      'Ej4KCHNldHRpbmdzGAEgAygLMiwuaW5mZXJlbmNlLkxvZ1NldHRpbmdzUmVzcG9uc2UuU2V0dGluZ3NFbnRyeRpo' +
      'CgxTZXR0aW5nVmFsdWUSFAoKYm9vbF9wYXJhbRgBIAEoCEgAEhYKDHVpbnQzMl9wYXJhbRgCIAEoDUgAEhYKDHN0' +
      'cmluZ19wYXJhbRgDIAEoCUgAQhIKEHBhcmFtZXRlcl9jaG9pY2UaXAoNU2V0dGluZ3NFbnRyeRILCgNrZXkYASAB' +
      'KAkSOgoFdmFsdWUYAiABKAsyKy5pbmZlcmVuY2UuTG9nU2V0dGluZ3NSZXNwb25zZS5TZXR0aW5nVmFsdWU6AjgB' +
      'MtsPChRHUlBDSW5mZXJlbmNlU2VydmljZRJNCgpTZXJ2ZXJMaXZlEhwuaW5mZXJlbmNlLlNlcnZlckxpdmVSZXF1' +
      'ZXN0Gh0uaW5mZXJlbmNlLlNlcnZlckxpdmVSZXNwb25zZSgAMAASUAoLU2VydmVyUmVhZHkSHS5pbmZlcmVuY2Uu' +
      'U2VydmVyUmVhZHlSZXF1ZXN0Gh4uaW5mZXJlbmNlLlNlcnZlclJlYWR5UmVzcG9uc2UoADAAEk0KCk1vZGVsUmVh' +
      'ZHkSHC5pbmZlcmVuY2UuTW9kZWxSZWFkeVJlcXVlc3QaHS5pbmZlcmVuY2UuTW9kZWxSZWFkeVJlc3BvbnNlKAAw' +
      'ABJZCg5TZXJ2ZXJNZXRhZGF0YRIgLmluZmVyZW5jZS5TZXJ2ZXJNZXRhZGF0YVJlcXVlc3QaIS5pbmZlcmVuY2Uu' +
      'U2VydmVyTWV0YWRhdGFSZXNwb25zZSgAMAASVgoNTW9kZWxNZXRhZGF0YRIfLmluZmVyZW5jZS5Nb2RlbE1ldGFk' +
      'YXRhUmVxdWVzdBogLmluZmVyZW5jZS5Nb2RlbE1ldGFkYXRhUmVzcG9uc2UoADAAEk0KCk1vZGVsSW5mZXISHC5p' +
      'bmZlcmVuY2UuTW9kZWxJbmZlclJlcXVlc3QaHS5pbmZlcmVuY2UuTW9kZWxJbmZlclJlc3BvbnNlKAAwABJZChBN' +
      'b2RlbFN0cmVhbUluZmVyEhwuaW5mZXJlbmNlLk1vZGVsSW5mZXJSZXF1ZXN0GiMuaW5mZXJlbmNlLk1vZGVsU3Ry' +
      'ZWFtSW5mZXJSZXNwb25zZSgBMAESUAoLTW9kZWxDb25maWcSHS5pbmZlcmVuY2UuTW9kZWxDb25maWdSZXF1ZXN0' +
      'Gh4uaW5mZXJlbmNlLk1vZGVsQ29uZmlnUmVzcG9uc2UoADAAElwKD01vZGVsU3RhdGlzdGljcxIhLmluZmVyZW5j' +
      'ZS5Nb2RlbFN0YXRpc3RpY3NSZXF1ZXN0GiIuaW5mZXJlbmNlLk1vZGVsU3RhdGlzdGljc1Jlc3BvbnNlKAAwABJc' +
      'Cg9SZXBvc2l0b3J5SW5kZXgSIS5pbmZlcmVuY2UuUmVwb3NpdG9yeUluZGV4UmVxdWVzdBoiLmluZmVyZW5jZS5S' +
      'ZXBvc2l0b3J5SW5kZXhSZXNwb25zZSgAMAASaAoTUmVwb3NpdG9yeU1vZGVsTG9hZBIlLmluZmVyZW5jZS5SZXBv' +
      'c2l0b3J5TW9kZWxMb2FkUmVxdWVzdBomLmluZmVyZW5jZS5SZXBvc2l0b3J5TW9kZWxMb2FkUmVzcG9uc2UoADAA' +
      'Em4KFVJlcG9zaXRvcnlNb2RlbFVubG9hZBInLmluZmVyZW5jZS5SZXBvc2l0b3J5TW9kZWxVbmxvYWRSZXF1ZXN0' +
      'GiguaW5mZXJlbmNlLlJlcG9zaXRvcnlNb2RlbFVubG9hZFJlc3BvbnNlKAAwABJ3ChhTeXN0ZW1TaGFyZWRNZW1v' +
      'cnlTdGF0dXMSKi5pbmZlcmVuY2UuU3lzdGVtU2hhcmVkTWVtb3J5U3RhdHVzUmVxdWVzdBorLmluZmVyZW5jZS5T' +
      'eXN0ZW1TaGFyZWRNZW1vcnlTdGF0dXNSZXNwb25zZSgAMAASfQoaU3lzdGVtU2hhcmVkTWVtb3J5UmVnaXN0ZXIS' +
      'LC5pbmZlcmVuY2UuU3lzdGVtU2hhcmVkTWVtb3J5UmVnaXN0ZXJSZXF1ZXN0Gi0uaW5mZXJlbmNlLlN5c3RlbVNo' +
      'YXJlZE1lbW9yeVJlZ2lzdGVyUmVzcG9uc2UoADAAEoMBChxTeXN0ZW1TaGFyZWRNZW1vcnlVbnJlZ2lzdGVyEi4u' +
      'aW5mZXJlbmNlLlN5c3RlbVNoYXJlZE1lbW9yeVVucmVnaXN0ZXJSZXF1ZXN0Gi8uaW5mZXJlbmNlLlN5c3RlbVNo' +
      'YXJlZE1lbW9yeVVucmVnaXN0ZXJSZXNwb25zZSgAMAAScQoWQ3VkYVNoYXJlZE1lbW9yeVN0YXR1cxIoLmluZmVy' +
      'ZW5jZS5DdWRhU2hhcmVkTWVtb3J5U3RhdHVzUmVxdWVzdBopLmluZmVyZW5jZS5DdWRhU2hhcmVkTWVtb3J5U3Rh' +
      'dHVzUmVzcG9uc2UoADAAEncKGEN1ZGFTaGFyZWRNZW1vcnlSZWdpc3RlchIqLmluZmVyZW5jZS5DdWRhU2hhcmVk' +
      'TWVtb3J5UmVnaXN0ZXJSZXF1ZXN0GisuaW5mZXJlbmNlLkN1ZGFTaGFyZWRNZW1vcnlSZWdpc3RlclJlc3BvbnNl' +
      'KAAwABJ9ChpDdWRhU2hhcmVkTWVtb3J5VW5yZWdpc3RlchIsLmluZmVyZW5jZS5DdWRhU2hhcmVkTWVtb3J5VW5y' +
      'ZWdpc3RlclJlcXVlc3QaLS5pbmZlcmVuY2UuQ3VkYVNoYXJlZE1lbW9yeVVucmVnaXN0ZXJSZXNwb25zZSgAMAAS' +
      'UwoMVHJhY2VTZXR0aW5nEh4uaW5mZXJlbmNlLlRyYWNlU2V0dGluZ1JlcXVlc3QaHy5pbmZlcmVuY2UuVHJhY2VT' +
      'ZXR0aW5nUmVzcG9uc2UoADAAElAKC0xvZ1NldHRpbmdzEh0uaW5mZXJlbmNlLkxvZ1NldHRpbmdzUmVxdWVzdBoe' +
      'LmluZmVyZW5jZS5Mb2dTZXR0aW5nc1Jlc3BvbnNlKAAwAGIGcHJvdG8z',
  },
  {
    name: 'grpc/health/v1/health.proto',
    dependencies: [],
    symbols: [
      'grpc.health.v1.Health',
      'grpc.health.v1.Health.Check',
      'grpc.health.v1.Health.Watch',
      'grpc.health.v1.HealthCheckRequest',
      'grpc.health.v1.HealthCheckResponse',
      'grpc.health.v1.HealthCheckResponse.ServingStatus',
    ],
    base64:
      'ChtncnBjL2hlYWx0aC92MS9oZWFsdGgucHJvdG8SDmdycGMuaGVhbHRoLnYxIiUKEkhlYWx0aENoZWNrUmVxdWVz' +
      'dBIPCgdzZXJ2aWNlGAEgASgJIqkBChNIZWFsdGhDaGVja1Jlc3BvbnNlEkEKBnN0YXR1cxgBIAEoDjIxLmdycGMu' +
      'aGVhbHRoLnYxLkhlYWx0aENoZWNrUmVzcG9uc2UuU2VydmluZ1N0YXR1cyJPCg1TZXJ2aW5nU3RhdHVzEgsKB1VO' +
      'S05PV04QABILCgdTRVJWSU5HEAESDwoLTk9UX1NFUlZJTkcQAhITCg9TRVJWSUNFX1VOS05PV04QAzK0AQoGSGVh' +
      'bHRoElQKBUNoZWNrEiIuZ3JwYy5oZWFsdGgudjEuSGVhbHRoQ2hlY2tSZXF1ZXN0GiMuZ3JwYy5oZWFsdGgudjEu' +
      'SGVhbHRoQ2hlY2tSZXNwb25zZSgAMAASVAoFV2F0Y2gSIi5ncnBjLmhlYWx0aC52MS5IZWFsdGhDaGVja1JlcXVl' +
      'c3QaIy5ncnBjLmhlYWx0aC52MS5IZWFsdGhDaGVja1Jlc3BvbnNlKAAwAWIGcHJvdG8z',
  },
  {
    name: 'grpc/reflection/v1/reflection.proto',
    dependencies: [],
    symbols: [
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1.ServerReflection.ServerReflectionInfo',
      'grpc.reflection.v1.ServerReflectionRequest',
      'grpc.reflection.v1.ExtensionRequest',
      'grpc.reflection.v1.ServerReflectionResponse',
      'grpc.reflection.v1.FileDescriptorResponse',
      'grpc.reflection.v1.ExtensionNumberResponse',
      'grpc.reflection.v1.ListServiceResponse',
      'grpc.reflection.v1.ServiceResponse',
      'grpc.reflection.v1.ErrorResponse',
    ],
    base64:
      'CiNncnBjL3JlZmxlY3Rpb24vdjEvcmVmbGVjdGlvbi5wcm90bxISZ3JwYy5yZWZsZWN0aW9uLnYxIoUCChdTZXJ2' +
      'ZXJSZWZsZWN0aW9uUmVxdWVzdBIMCgRob3N0GAEgASgJEhoKEGZpbGVfYnlfZmlsZW5hbWUYAyABKAlIABIgChZm' +
      'aWxlX2NvbnRhaW5pbmdfc3ltYm9sGAQgASgJSAASSQoZZmlsZV9jb250YWluaW5nX2V4dGVuc2lvbhgFIAEoCzIk' +
      'LmdycGMucmVmbGVjdGlvbi52MS5FeHRlbnNpb25SZXF1ZXN0SAASJwodYWxsX2V4dGVuc2lvbl9udW1iZXJzX29m' +
      'X3R5cGUYBiABKAlIABIXCg1saXN0X3NlcnZpY2VzGAcgASgJSABCEQoPbWVzc2FnZV9yZXF1ZXN0IkUKEEV4dGVu' +
      'c2lvblJlcXVlc3QSFwoPY29udGFpbmluZ190eXBlGAEgASgJEhgKEGV4dGVuc2lvbl9udW1iZXIYAiABKAUiuAMK' +
      'GFNlcnZlclJlZmxlY3Rpb25SZXNwb25zZRISCgp2YWxpZF9ob3N0GAEgASgJEkUKEG9yaWdpbmFsX3JlcXVlc3QY' +
      'AiABKAsyKy5ncnBjLnJlZmxlY3Rpb24udjEuU2VydmVyUmVmbGVjdGlvblJlcXVlc3QSTgoYZmlsZV9kZXNjcmlw' +
      'dG9yX3Jlc3BvbnNlGAQgASgLMiouZ3JwYy5yZWZsZWN0aW9uLnYxLkZpbGVEZXNjcmlwdG9yUmVzcG9uc2VIABJV' +
      'Ch5hbGxfZXh0ZW5zaW9uX251bWJlcnNfcmVzcG9uc2UYBSABKAsyKy5ncnBjLnJlZmxlY3Rpb24udjEuRXh0ZW5z' +
      'aW9uTnVtYmVyUmVzcG9uc2VIABJJChZsaXN0X3NlcnZpY2VzX3Jlc3BvbnNlGAYgASgLMicuZ3JwYy5yZWZsZWN0' +
      'aW9uLnYxLkxpc3RTZXJ2aWNlUmVzcG9uc2VIABI7Cg5lcnJvcl9yZXNwb25zZRgHIAEoCzIhLmdycGMucmVmbGVj' +
      'dGlvbi52MS5FcnJvclJlc3BvbnNlSABCEgoQbWVzc2FnZV9yZXNwb25zZSI3ChZGaWxlRGVzY3JpcHRvclJlc3Bv' +
      'bnNlEh0KFWZpbGVfZGVzY3JpcHRvcl9wcm90bxgBIAMoDCJLChdFeHRlbnNpb25OdW1iZXJSZXNwb25zZRIWCg5i' +
      'YXNlX3R5cGVfbmFtZRgBIAEoCRIYChBleHRlbnNpb25fbnVtYmVyGAIgAygFIksKE0xpc3RTZXJ2aWNlUmVzcG9u' +
      'c2USNAoHc2VydmljZRgBIAMoCzIjLmdycGMucmVmbGVjdGlvbi52MS5TZXJ2aWNlUmVzcG9uc2UiHwoPU2Vydmlj' +
      'ZVJlc3BvbnNlEgwKBG5hbWUYASABKAkiOgoNRXJyb3JSZXNwb25zZRISCgplcnJvcl9jb2RlGAEgASgFEhUKDWVy' +
      'cm9yX21lc3NhZ2UYAiABKAkyiQEKEFNlcnZlclJlZmxlY3Rpb24SdQoUU2VydmVyUmVmbGVjdGlvbkluZm8SKy5n' +
      'cnBjLnJlZmxlY3Rpb24udjEuU2VydmVyUmVmbGVjdGlvblJlcXVlc3QaLC5ncnBjLnJlZmxlY3Rpb24udjEuU2Vy' +
      'dmVyUmVmbGVjdGlvblJlc3BvbnNlKAEwAWIGcHJvdG8z',
  },
  {
    name: 'grpc/reflection/v1alpha/reflection.proto',
    dependencies: [],
    symbols: [
      'grpc.reflection.v1alpha.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo',
      'grpc.reflection.v1alpha.ServerReflectionRequest',
      'grpc.reflection.v1alpha.ExtensionRequest',
      'grpc.reflection.v1alpha.ServerReflectionResponse',
      'grpc.reflection.v1alpha.FileDescriptorResponse',
      'grpc.reflection.v1alpha.ExtensionNumberResponse',
      'grpc.reflection.v1alpha.ListServiceResponse',
      'grpc.reflection.v1alpha.ServiceResponse',
      'grpc.reflection.v1alpha.ErrorResponse',
    ],
    base64:
      'CihncnBjL3JlZmxlY3Rpb24vdjFhbHBoYS9yZWZsZWN0aW9uLnByb3RvEhdncnBjLnJlZmxlY3Rpb24udjFhbHBo' +
      'YSKKAgoXU2VydmVyUmVmbGVjdGlvblJlcXVlc3QSDAoEaG9zdBgBIAEoCRIaChBmaWxlX2J5X2ZpbGVuYW1lGAMg' +
      'ASgJSAASIAoWZmlsZV9jb250YWluaW5nX3N5bWJvbBgEIAEoCUgAEk4KGWZpbGVfY29udGFpbmluZ19leHRlbnNp' +
      'b24YBSABKAsyKS5ncnBjLnJlZmxlY3Rpb24udjFhbHBoYS5FeHRlbnNpb25SZXF1ZXN0SAASJwodYWxsX2V4dGVu' +
      'c2lvbl9udW1iZXJzX29mX3R5cGUYBiABKAlIABIXCg1saXN0X3NlcnZpY2VzGAcgASgJSABCEQoPbWVzc2FnZV9y' +
      'ZXF1ZXN0IkUKEEV4dGVuc2lvblJlcXVlc3QSFwoPY29udGFpbmluZ190eXBlGAEgASgJEhgKEGV4dGVuc2lvbl9u' +
      'dW1iZXIYAiABKAUi0QMKGFNlcnZlclJlZmxlY3Rpb25SZXNwb25zZRISCgp2YWxpZF9ob3N0GAEgASgJEkoKEG9y' +
      'aWdpbmFsX3JlcXVlc3QYAiABKAsyMC5ncnBjLnJlZmxlY3Rpb24udjFhbHBoYS5TZXJ2ZXJSZWZsZWN0aW9uUmVx' +
      'dWVzdBJTChhmaWxlX2Rlc2NyaXB0b3JfcmVzcG9uc2UYBCABKAsyLy5ncnBjLnJlZmxlY3Rpb24udjFhbHBoYS5G' +
      'aWxlRGVzY3JpcHRvclJlc3BvbnNlSAASWgoeYWxsX2V4dGVuc2lvbl9udW1iZXJzX3Jlc3BvbnNlGAUgASgLMjAu' +
      'Z3JwYy5yZWZsZWN0aW9uLnYxYWxwaGEuRXh0ZW5zaW9uTnVtYmVyUmVzcG9uc2VIABJOChZsaXN0X3NlcnZpY2Vz' +
      'X3Jlc3BvbnNlGAYgASgLMiwuZ3JwYy5yZWZsZWN0aW9uLnYxYWxwaGEuTGlzdFNlcnZpY2VSZXNwb25zZUgAEkAK' +
      'DmVycm9yX3Jlc3BvbnNlGAcgASgLMiYuZ3JwYy5yZWZsZWN0aW9uLnYxYWxwaGEuRXJyb3JSZXNwb25zZUgAQhIK' +
      'EG1lc3NhZ2VfcmVzcG9uc2UiNwoWRmlsZURlc2NyaXB0b3JSZXNwb25zZRIdChVmaWxlX2Rlc2NyaXB0b3JfcHJv' +
      'dG8YASADKAwiSwoXRXh0ZW5zaW9uTnVtYmVyUmVzcG9uc2USFgoOYmFzZV90eXBlX25hbWUYASABKAkSGAoQZXh0' +
      'ZW5zaW9uX251bWJlchgCIAMoBSJQChNMaXN0U2VydmljZVJlc3BvbnNlEjkKB3NlcnZpY2UYASADKAsyKC5ncnBj' +
      'LnJlZmxlY3Rpb24udjFhbHBoYS5TZXJ2aWNlUmVzcG9uc2UiHwoPU2VydmljZVJlc3BvbnNlEgwKBG5hbWUYASAB' +
      'KAkiOgoNRXJyb3JSZXNwb25zZRISCgplcnJvcl9jb2RlGAEgASgFEhUKDWVycm9yX21lc3NhZ2UYAiABKAkykwEK' +
      'EFNlcnZlclJlZmxlY3Rpb24SfwoUU2VydmVyUmVmbGVjdGlvbkluZm8SMC5ncnBjLnJlZmxlY3Rpb24udjFhbHBo' +
      'YS5TZXJ2ZXJSZWZsZWN0aW9uUmVxdWVzdBoxLmdycGMucmVmbGVjdGlvbi52MWFscGhhLlNlcnZlclJlZmxlY3Rp' +
      'b25SZXNwb25zZSgBMAFiBnByb3RvMw==',
  },
];
