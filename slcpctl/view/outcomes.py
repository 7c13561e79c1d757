"""What becomes of the messages that were sent. It imports nothing: commands that are to start fast read it too."""

OUTCOMES = {  # the events that end a message, and the state that they leave it in
    "text_sent": "sent",
    "text_delivered": "delivered",
    "text_cancelled": "cancelled",
    "text_failed": "failed",
    "image_sent": "sent",
    "image_delivered": "delivered",
    "image_cancelled": "cancelled",
    "image_failed": "failed",
}
