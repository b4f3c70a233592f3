"""How often rules that call a case slower are wrong, on samples of identical code."""
