"""Who may connect (OCPP 1.6 security white paper, profiles 1 to 3), and how much anybody may ask for."""
