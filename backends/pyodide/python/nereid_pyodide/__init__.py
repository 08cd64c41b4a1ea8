"""What runs in Pyodide: the model, its host and its event loop, beside nereid_pb_utils."""
